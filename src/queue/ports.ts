import type { Pass, PausedBy, Place, QueueSettings, Standing } from './model.ts'

export type JoinReply =
  | { kind: 'waiting'; standing: Standing }
  | { kind: 'ready'; pass: Pass }
  /** Among those whose order is drawn when the on-sale opens. */
  | { kind: 'pre_queue'; opensAtMs: number; total: number }
  | { kind: 'full' }
  | { kind: 'not_open' }
  /** The score that the draw orders by is needed to join this pre-queue. */
  | { kind: 'score_needed' }
  /** The store does not have the queue's settings. */
  | { kind: 'not_configured' }

export type PositionReply =
  | { kind: 'waiting'; standing: Standing }
  | { kind: 'ready'; pass: Pass }
  | { kind: 'pre_queue'; opensAtMs: number; total: number }
  | { kind: 'gone'; reason: 'passed_over' }
  | { kind: 'not_in_queue' }

/** Who stands where. @throws Unavailable from every call while the store is away or not reconciled */
export interface Places {
  /** @param claim the place of a signed token; it is given back when the store lost it */
  join(eventId: string, userId: string, claim: Place | null, drawScore: number | null): Promise<JoinReply>
  /** Also notes that the user listens. */
  position(eventId: string, userId: string): Promise<PositionReply>
  /** @returns whether they had a place or a pass */
  leave(eventId: string, userId: string): Promise<boolean>
}

export interface LiveQueue {
  waiting: number
  released: number
  activePasses: number
  pausedBy: PausedBy | null
  drawn: boolean
}

/** The store's side of a queue's settings. */
export interface LiveQueues {
  /** Older settings than those that are there change nothing. */
  configure(settings: StoredQueue): Promise<void>
  /** null: the store does not have this queue. */
  look(eventId: string): Promise<LiveQueue | null>
}

export interface Released {
  released: number
  /** Whether the rate allows more at once. */
  more: boolean
  pausedBy: PausedBy | null
  waiting: number
  activePasses: number
  releaseRatePerSecond: number
  /** When the person at the front joined; null: nobody waits. */
  oldestJoinedAtMs: number | null
  /** How long each of those who were let in had waited, seconds. */
  waitedSeconds: number[]
  checkpoint: Checkpoint
}

/** The way in. Any number of processes may call it: the store's own clock says how many are let in. */
export interface Admittance {
  /** Events that have a queue. */
  events(): Promise<string[]>
  /** null: the store does not have this queue, or not the event. */
  release(eventId: string): Promise<Released | null>
  /** Passes over people who stopped listening, a bounded number. @returns how many */
  sweep(eventId: string): Promise<number>
}

/** What the streams of one event need, in one read. */
export interface Tick {
  /** Changes when the store lost the queue. */
  epochMs: number
  served: number
  total: number
  releaseRatePerSecond: number
  pausedBy: PausedBy | null
  /** The event lets nobody in any more. */
  saleOver: boolean
  drawn: boolean
  /** Bit 0 of byte 0 stands for number 8 × `overFrom`; most significant bit first. */
  overFrom: number
  overBits: Uint8Array
  /** Pass ids of the users asked for, in their order; null: they have none. */
  passes: (string | null)[]
}

export interface Listening {
  /** @param front at most 1000 users who may have been let in; null: the store does not have this queue */
  tick(eventId: string, front: readonly string[]): Promise<Tick | null>
  /** Notes that users listen. */
  heard(eventId: string, userIds: readonly string[]): Promise<void>
  /** Says for a few seconds that somebody is there to be listened by, and whether they are at the limit of their load. */
  beat(saturated: boolean): Promise<void>
}

/** How far the counters were: kept by PostgreSQL for a store that lost them. */
export interface Checkpoint {
  seq: number
  served: number
  drawn: boolean
}

export type StoredQueue = QueueSettings & Checkpoint

export type QueueChange = Partial<
  Pick<QueueSettings, 'releaseRatePerSecond' | 'maxSize' | 'state' | 'maxActivePasses' | 'preQueue'>
>

/** PostgreSQL's side: what was set. */
export interface QueueSettingsStore {
  /** The settings of an event's queue; the defaults are stored when there were none. */
  find(eventId: string): Promise<StoredQueue>
  change(eventId: string, change: QueueChange): Promise<StoredQueue>
  /** Counters never go back. */
  checkpoint(eventId: string, checkpoint: Checkpoint): Promise<void>
}
