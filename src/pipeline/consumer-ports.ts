/** An event as a consumer gets it: see docs/events. */
export interface ReceivedEvent {
  eventId: string
  type: string
  bookingId: string
  /** The version of the booking on booking-events; on other topics it orders nothing. */
  version: number
  occurredAtMs: number
  data: Record<string, unknown>
  traceparent: string | null
}

/**
 * Does the work of one event. Called again with the same event after a failure or a crash: the work must be idempotent. An
 * attempt that outlasted its deadline may still be under way when the next begins. Throws Unavailable for what may pass,
 * PoisonEvent for what never will.
 */
export type EventHandler = (event: ReceivedEvent) => Promise<void>

/** This event can never be worked on, however often it is tried: it goes to the dead-letter topic at once. */
export class PoisonEvent extends Error {
  override readonly name = 'PoisonEvent'

  constructor(reason: string, cause?: unknown) {
    super(reason, cause === undefined ? {} : { cause })
  }
}

/** What a group remembers of the events that it has worked on. */
export interface ConsumedEvents {
  /** What the group knows of each event, in the order given. `lastVersion` is 0 where it has seen none of the booking. */
  look(group: string, events: readonly ReceivedEvent[]): Promise<{ isKnown: boolean; lastVersion: number }[]>
  /** @param versioned whether versions of bookings are remembered too */
  mark(group: string, events: readonly ReceivedEvent[], versioned: boolean): Promise<void>
  /** Forgets the oldest events that were worked on so long ago. @returns how many, `limit` at most */
  forget(olderThanHours: number, limit: number): Promise<number>
}

/** Why a message was given up. */
export interface Verdict {
  reason: string
  attempts: number
  firstFailedAtMs: number
}
