import { stat } from 'node:fs/promises'
import { writeHeapSnapshot } from 'node:v8'
import type { ProcessOptions } from '../options.ts'
import { measured } from '../process/measure.ts'
import { Refusal } from '../refusal.ts'
import { drainedWhile } from './drained.ts'

export interface WrittenSnapshot {
  bytes: number
  stallMs: number
  cpuMs: number
  peakBytes: number
}

/**
 * Writes this process's heap to a file. Where the application can be taken out of traffic it is, so that nobody waits for a thread that does
 * nothing else for seconds.
 *
 * @throws Refusal capture_running (429), those of drainedWhile
 */
export async function writeSnapshot(path: string, { drain }: ProcessOptions): Promise<WrittenSnapshot> {
  // The caller of the one that is under way may be gone; the process goes on with it all the same.
  if (writing) {
    const message = 'a heap snapshot of this process is under way'
    throw new Refusal({ status: 429, code: 'capture_running', message, headers: { 'retry-after': '10' } })
  }
  writing = true
  try {
    const { cost } = await drainedWhile(drain, () => measured(() => writeHeapSnapshot(path)))
    return { bytes: (await stat(path)).size, ...cost }
  } finally {
    writing = false
  }
}

let writing = false
