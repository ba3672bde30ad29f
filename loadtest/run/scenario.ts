/** A load test: what is sold, how the service is set, and what must hold beyond k6's own thresholds. */
import type { Acknowledged, Metrics } from './k6-summary.ts'
import type { Series } from './series.ts'

/** What may be changed from the command line. Each is told to k6 as it is named in loadtest/k6/README.md. */
export interface Shape {
  /** Iterations a second. */
  rate?: number
  seconds: number
  /** Of another load before it, which is not measured; without it the first requests meet a service that has just begun. */
  warmSeconds?: number
  /** Of k6, ready before the load begins. */
  users?: number
  people?: number
}

/** What is seen at the end, once everything has been written. */
export interface Seen {
  shape: Shape
  metrics: Metrics
  acknowledged: Acknowledged
  stored: Stored
  /** k6's own lines. */
  log: string
  series: Series
}

/** Bookings of the event in PostgreSQL. */
export interface Stored {
  bookings: number
  confirmed: number
  cancelled: number
  seatsTaken: number
}

export interface Scenario {
  name: string
  /** In a sentence. */
  summary: string
  shape: Shape
  /** What may be asked for otherwise, from and to. */
  changes: Readonly<Partial<Record<'rate' | 'seconds' | 'users' | 'people', readonly [number, number]>>>
  /** Capacity of each zone. */
  zones: readonly number[]
  /** People with a token. */
  tokens: number
  maxTicketsPerUser?: number
  /** People a second that are let in; without it there is no queue. */
  queueRate?: number
  /** Beyond what every run has: `runSettings` of run-scenario.ts. */
  settings?: Readonly<Record<string, string>>
  /** More for k6. */
  env?: Readonly<Record<string, string>>
  /** Where its load rises until the objective is lost: requests a second within it; null, which fails it, where it was never kept. */
  knee?(seen: Pick<Seen, 'metrics' | 'series'>): number | null
  /** Whether bookings are confirmed by the provider's word, too: then confirmations are not equal. */
  paidBehindTheBack?: boolean
  /** Faults, in sentences. */
  expects?(seen: Seen): string[]
}
