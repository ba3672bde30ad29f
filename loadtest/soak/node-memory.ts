import { setTimeout as sleep } from 'node:timers/promises'
import { rssBytes } from '../bench/process-usage.ts'
import { scrape } from '../bench/scrape.ts'
import type { ServiceProcess } from '../bench/service-process.ts'

/** Of one process after a full collection. Bytes. */
export interface NodeMemory {
  rssBytes: number
  heapUsedBytes: number
  /** Buffers and native objects. */
  externalBytes: number
}

const GC_TIMEOUT_MS = 60_000
/** What finalizers let go is free after the second collection. */
const COLLECTIONS = 2
const BETWEEN_MS = 1000
/** A rule that fired during the load may still look at the heap: then it is taken. */
const TRIES = 10
const AGAIN_MS = 3000

export async function nodeMemory({ diagnosticsUrl, pid }: ServiceProcess): Promise<NodeMemory> {
  for (let i = 0; i < COLLECTIONS; i++) {
    await collectGarbage(diagnosticsUrl)
    await sleep(BETWEEN_MS)
  }
  const metrics = await scrape(diagnosticsUrl)
  const total = (metric: string) =>
    [...metrics].reduce((sum, [name, value]) => (name.split('{')[0] === metric ? sum + value : sum), 0)
  return {
    rssBytes: rssBytes(pid),
    heapUsedBytes: total('nodejs_heap_space_used_bytes'),
    externalBytes: total('nodejs_external_memory_bytes'),
  }
}

async function collectGarbage(diagnosticsUrl: string): Promise<void> {
  const url = `${diagnosticsUrl}/debug/pprof/heap?gc=1`
  for (let tries = 1; ; tries++) {
    const response = await fetch(url, { signal: AbortSignal.timeout(GC_TIMEOUT_MS) })
    await response.arrayBuffer()
    if (response.ok) return
    if (response.status !== 429 || tries === TRIES) throw new Error(`${url} answered ${response.status}`)
    await sleep(AGAIN_MS)
  }
}
