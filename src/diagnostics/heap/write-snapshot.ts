import { stat } from 'node:fs/promises'
import { writeHeapSnapshot } from 'node:v8'
import type { ProcessOptions } from '../options.ts'
import { measured } from '../process/measure.ts'

export interface WrittenSnapshot {
  bytes: number
  stallMs: number
  cpuMs: number
  peakBytes: number
}

/**
 * Writes this process's heap to a file. Where the application can be taken out of traffic it is, so that nobody waits for a thread that does
 * nothing else for seconds.
 */
export async function writeSnapshot(path: string, { drain }: ProcessOptions): Promise<WrittenSnapshot> {
  const resume = await drain?.()
  try {
    const { cost } = measured(() => writeHeapSnapshot(path))
    return { bytes: (await stat(path)).size, ...cost }
  } finally {
    resume?.()
  }
}
