import { limits } from '../../limits.ts'
import type { LiveQuestion, LiveReading } from '../../process/live.ts'
import type { ServerSide } from '../side.ts'

/** One process as it was last seen. */
export interface Seen {
  worker: number
  reading: LiveReading
  atMs: number
  /** The one that was shown before, for rates; null for the first. */
  before: { reading: LiveReading; atMs: number } | null
}

export interface Look {
  seen: Seen[]
  /** Those that did not answer now, with how long ago they last did; null for never. */
  silent: { worker: number; ageSeconds: number | null }[]
}

/**
 * Asks every process, waits a moment, and takes what came. One that is blocked is not asked again before it answered. A late answer may be
 * replaced by a newer one before anybody saw it: what it told of is then in the newer one, because the question is for what was not shown yet.
 */
export function makeReadings(side: Pick<ServerSide, 'ask' | 'members'>) {
  const last = new Map<number, Omit<Seen, 'before'>>()
  const shown = new Map<number, Seen>()
  const asking = new Map<number, Promise<void>>()

  function refresh(worker: number): Promise<void> {
    const under = asking.get(worker)
    if (under) return under
    const question: LiveQuestion = { sinceMs: shown.get(worker)?.reading.process.atMs ?? null }
    const answered = side
      .ask(worker, 'live', question, { timeoutMs: limits.captureGraceMs })
      .then((reading) => {
        last.set(worker, { worker, reading: reading as LiveReading, atMs: performance.now() })
      })
      .catch(() => {})
      .finally(() => asking.delete(worker))
    asking.set(worker, answered)
    return answered
  }

  function showing(one: Omit<Seen, 'before'>): Seen {
    const before = shown.get(one.worker)
    if (before?.reading === one.reading) return before
    const next = { ...one, before: before ? { reading: before.reading, atMs: before.atMs } : null }
    shown.set(one.worker, next)
    return next
  }

  return {
    async look(): Promise<Look> {
      const members = side.members()
      for (const known of [last, shown])
        for (const worker of known.keys()) if (!members.includes(worker)) known.delete(worker)
      const beganMs = performance.now()
      const late = new Promise<void>((resolve) => setTimeout(resolve, limits.liveWaitMs))
      await Promise.race([Promise.all(members.map(refresh)), late])
      const silent: Look['silent'] = []
      const seen: Seen[] = []
      for (const worker of members) {
        const one = last.get(worker)
        if (one) seen.push(showing(one))
        if (!one || one.atMs < beganMs)
          silent.push({ worker, ageSeconds: one ? (performance.now() - one.atMs) / 1000 : null })
      }
      return { seen, silent }
    },
  }
}
