import { join } from 'node:path'
import type { BlockRecord } from '../../src/diagnostics/beside/block-record.ts'
import { type RunningApp, startScript } from './running-app.ts'

export function startBlocking(
  t: { after(work: () => unknown): void },
  mode: 'single' | 'cluster',
): Promise<RunningApp> {
  return startScript(t, [join(import.meta.dirname, 'blocking-app.ts'), mode])
}

export async function askApp({ appUrl }: RunningApp, path: string): Promise<void> {
  await (await fetch(`${appUrl}${path}`)).text()
}

/** Blocks that were recorded, by worker. */
export async function blocksOf({ url }: RunningApp): Promise<Map<number, BlockRecord[]>> {
  const response = await fetch(`${url}/debug/pprof/block?format=json`)
  const { workers } = (await response.json()) as { workers: { worker: number; records: BlockRecord[] }[] }
  return new Map(workers.map(({ worker, records }) => [worker, records]))
}
