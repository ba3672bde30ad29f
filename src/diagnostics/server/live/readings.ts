import { limits } from '../../limits.ts'
import type { LiveReading } from '../../process/live.ts'
import type { ServerSide } from '../side.ts'

/** One process as it was last seen. */
export interface Seen {
  worker: number
  reading: LiveReading
  atMs: number
  /** The reading before, for rates; null for the first. */
  before: { reading: LiveReading; atMs: number } | null
}

export interface Look {
  seen: Seen[]
  /** Those that did not answer now, with how long ago they last did; null for never. */
  silent: { worker: number; ageSeconds: number | null }[]
}

/** Asks every process, waits a moment, and takes what came. One that is blocked is not asked again before it answered. */
export function makeReadings(side: Pick<ServerSide, 'ask' | 'members'>) {
  const last = new Map<number, Seen>()
  const asking = new Map<number, Promise<void>>()

  function refresh(worker: number): Promise<void> {
    const under = asking.get(worker)
    if (under) return under
    const answered = side
      .ask(worker, 'live', null, { timeoutMs: limits.captureGraceMs })
      .then((reading) => {
        const before = last.get(worker) ?? null
        last.set(worker, {
          worker,
          reading: reading as LiveReading,
          atMs: performance.now(),
          before: before && { reading: before.reading, atMs: before.atMs },
        })
      })
      .catch(() => {})
      .finally(() => asking.delete(worker))
    asking.set(worker, answered)
    return answered
  }

  return {
    async look(): Promise<Look> {
      const members = side.members()
      for (const worker of last.keys()) if (!members.includes(worker)) last.delete(worker)
      const beganMs = performance.now()
      const late = new Promise<void>((resolve) => setTimeout(resolve, limits.liveWaitMs))
      await Promise.race([Promise.all(members.map(refresh)), late])
      const silent: Look['silent'] = []
      const seen: Seen[] = []
      for (const worker of members) {
        const one = last.get(worker)
        if (one) seen.push(one)
        if (!one || one.atMs < beganMs)
          silent.push({ worker, ageSeconds: one ? (performance.now() - one.atMs) / 1000 : null })
      }
      return { seen, silent }
    },
  }
}
