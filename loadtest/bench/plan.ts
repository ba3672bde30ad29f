import type { BenchOptions } from './options.ts'

/** How much of everything a run does. */
export interface Plan {
  seconds: number
  rounds: number
  /** Requests before the first measurement, so that the code is compiled and the pools are full; and how long at most. */
  warmRequests: number
  warmSecondsAtMost: number
  users: number
  /** Zones of the one event that is sold. */
  zones: number
  connections: readonly number[]
  /** Connections with which pool sizes are compared. */
  poolConnections: number
  redisPools: readonly number[]
  pgPools: readonly number[]
  batchSizes: readonly number[]
  /** Events among which the entries are spread in the second case. */
  persistEvents: number
  entriesPerMeasurement: number
  /** More than any machine here does: a confirmation needs a hold and a payment of its own. */
  confirmsPerSecond: number
  /** People in the queue. */
  waiting: number
  /** Streams in one process, level after level. */
  streams: readonly number[]
  /** People who go all the way. */
  crowd: number
}

export function planOf({ seconds, rounds, quick }: BenchOptions): Plan {
  return {
    seconds,
    rounds,
    warmRequests: quick ? 1000 : 20_000,
    warmSecondsAtMost: quick ? 3 : 12,
    users: quick ? 2000 : 50_000,
    zones: 4,
    connections: quick ? [8, 64] : [8, 16, 32, 64, 128],
    poolConnections: 64,
    redisPools: quick ? [1, 8] : [1, 2, 4, 8, 64, 500],
    pgPools: quick ? [5, 20] : [5, 10, 20, 40],
    batchSizes: quick ? [500, 2000] : [250, 500, 1000, 2000, 5000],
    persistEvents: 16,
    entriesPerMeasurement: quick ? 5000 : 20_000,
    confirmsPerSecond: 5000,
    waiting: quick ? 20_000 : 500_000,
    streams: quick ? [500] : [10_000, 15_000, 19_000],
    crowd: quick ? 2000 : 10_000,
  }
}

/** One bench at work. */
export interface BenchRun {
  plan: Plan
  assumeYes: boolean
  /** Aborts on Ctrl-C. */
  signal: AbortSignal
  say: (line: string) => void
}
