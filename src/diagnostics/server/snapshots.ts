/**
 * The last metrics of each process. A scrape asks every process for new ones and waits a moment; for whoever is blocked the last
 * snapshot is taken, and its age is told. Snapshots are taken ahead only while somebody scrapes: a process that nobody asks pays nothing,
 * and one that is scraped each 15 s still has a snapshot no older than 5 s when it blocks.
 */
import { limits } from '../limits.ts'
import type { MetricFamily } from '../metrics/family.ts'
import type { Snapshot } from '../metrics/merge.ts'
import type { ServerSide } from './side.ts'

interface Kept {
  families: MetricFamily[]
  atMs: number
}

export interface Scrape {
  snapshots: Snapshot[]
  /** Of the oldest part that was not taken now; 0 when all are new. */
  ageSeconds: number
  /** Processes of which there is nothing at all. */
  missing: number[]
}

export function makeSnapshots(side: Pick<ServerSide, 'ask' | 'members'>) {
  const last = new Map<number, Kept>()
  const asking = new Map<number, Promise<void>>()
  let scrapedMs = Number.NEGATIVE_INFINITY

  /** A blocked process is not asked again before it answered. */
  function refresh(process: number): Promise<void> {
    const under = asking.get(process)
    if (under) return under
    const answered = side
      .ask(process, 'metrics', null, { timeoutMs: limits.captureGraceMs })
      .then(
        (families) =>
          void last.set(process, { families: families as MetricFamily[], atMs: performance.now() }),
      )
      .finally(() => asking.delete(process))
    asking.set(process, answered)
    return answered
  }

  const timer = setInterval(() => {
    if (performance.now() - scrapedMs > limits.snapshotIdleMs) return
    for (const process of side.members()) refresh(process).catch(ignore)
  }, limits.snapshotRefreshMs)

  return {
    /** Taken once at the start, so that a process that blocks before the first scrape has one. */
    prepare: (process: number) => refresh(process).catch(ignore),

    /** @throws what a process's own callback threw */
    async scrape(): Promise<Scrape> {
      scrapedMs = performance.now()
      const members = side.members()
      for (const process of last.keys()) if (!members.includes(process)) last.delete(process)
      await Promise.all(members.map((process) => settled(refresh(process), limits.snapshotWaitMs)))
      const snapshots: Snapshot[] = []
      const missing: number[] = []
      let ageSeconds = 0
      for (const worker of members) {
        const kept = last.get(worker)
        if (!kept) {
          missing.push(worker)
          continue
        }
        snapshots.push({ worker, families: kept.families })
        if (kept.atMs < scrapedMs) ageSeconds = Math.max(ageSeconds, (performance.now() - kept.atMs) / 1000)
      }
      return { snapshots, ageSeconds, missing }
    },
    stop: () => clearInterval(timer),
  }
}

/** Waits for it, but not longer; a failure shows in the age of what is there. */
function settled(work: Promise<void>, withinMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, withinMs)
    const end = () => {
      clearTimeout(timer)
      resolve()
    }
    work.then(end, end)
  })
}

function ignore(): void {}
