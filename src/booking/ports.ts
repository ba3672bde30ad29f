import type { Booking, BookingStatus, Hold } from './model.ts'

/** What a reservation asks of the seat store: everything already decided but the seats themselves. */
export interface AdmissionRequest extends Omit<Hold, 'createdAtMs' | 'expiresAtMs'> {
  catalogueVersion: number
  maxTicketsPerUser: number
  holdMs: number
  /** Whether the event lets in with a pass only. */
  queueRequired: boolean
  /** The queue pass that was proved to be this person's; null: none was. */
  passId: string | null
}

export type Admission =
  | { kind: 'reserved'; hold: Hold; remaining: number }
  | { kind: 'replayed'; hold: Hold; remaining: number }
  | { kind: 'key_reused' }
  | { kind: 'not_on_sale' }
  | { kind: 'pass_required' }
  /** It was used, has expired, or the store forgot it. */
  | { kind: 'pass_unknown' }
  | { kind: 'stale_catalogue'; version: number }
  | { kind: 'limit_exceeded'; taken: number }
  | { kind: 'sold_out'; available: number }
  | { kind: 'backlog_full' }

/** Admits a reservation: stock, limit, hold, due time, key, pass and write-ahead entry change together or not at all. */
export interface Admissions {
  /** @throws Unavailable when the store is away, not reconciled, or has not loaded the zone */
  admit(request: AdmissionRequest): Promise<Admission>
}

/** A look at a hold. `generation` is the store's fencing number at that moment; an ending must carry it. */
export type HoldView =
  | { kind: 'live'; hold: Hold; generation: number; nowMs: number }
  | { kind: 'none'; generation: number; nowMs: number }

/** One entry of the due-time set that has come due: a hold, or the mark of a refund that was begun. */
export type DueHold =
  | { kind: 'hold'; hold: Hold }
  | { kind: 'refund'; bookingId: string; userId: string; eventId: string }

export interface Holds {
  /**
   * Reads a hold and moves its due time forward to at most `leaseMs` from now, so that an ending that is begun and never
   * settled is looked at again soon. It never moves a due time back.
   */
  open(bookingId: string, leaseMs: number): Promise<HoldView>
  /** Marks a confirmed booking as about to be refunded; `settle` moves its seats only while the mark stands. */
  openRefund(booking: Booking, leaseMs: number): Promise<{ generation: number; nowMs: number }>
  /** Reads a hold without touching it. */
  peek(bookingId: string): Promise<Hold | null>
  /** Live holds of a user, in all events or in one. At most the per-user limit for each event. */
  ofUser(userId: string, eventId?: string): Promise<Hold[]>
  /** Holds of a partition whose due time has come, oldest first, at most `limit`. */
  due(partition: number, limit: number): Promise<{ generation: number; nowMs: number; items: DueHold[] }>
  /** Puts holds that were looked at too early back to their own expiry, and drops marks of refunds that never were. */
  postpone(bookingIds: string[]): Promise<void>
}

/** A booking's stored ending, to be applied to the seats. */
export interface Settled {
  bookingId: string
  userId: string
  eventId: string
  status: Exclude<BookingStatus, 'reserved'>
}

/** Turns ended holds into sold or free seats, idempotently: what was settled before changes nothing. */
export interface Settlement {
  /** @returns how many of the endings need no further settling; the others' zones are not loaded */
  settle(endings: Settled[]): Promise<number>
}

export interface Ending {
  hold: Hold
  generation: number
  /** Redis's time of the decision, epoch milliseconds. */
  atMs: number
  to: 'confirmed' | 'cancelled' | 'expired'
  paymentId: string | null
  confirmationCode: string | null
}

/**
 * `ended`: this call ended it. `already`: another ending had committed first, and this is it. `fenced`: the seat store was
 * rebuilt since the hold was read, nothing was written. `oversold`: confirming would have sold more than the zone's
 * capacity; the booking was cancelled instead and its payment is being refunded. `refused`: a constraint does not admit it,
 * which no input should bring about; nothing was written, and the others of its batch are not touched by it.
 */
export type EndingResult =
  | { kind: 'ended'; booking: Booking }
  | { kind: 'already'; booking: Booking }
  | { kind: 'fenced' }
  | { kind: 'oversold'; booking: Booking }
  | { kind: 'refused'; error: unknown }

export type RefundResult =
  | { kind: 'ended'; booking: Booking }
  | { kind: 'already'; booking: Booking }
  | { kind: 'fenced' }

/** PostgreSQL's side: the first committed ending wins. */
export interface Ledger {
  find(bookingId: string): Promise<Booking | null>
  findMany(bookingIds: string[]): Promise<Booking[]>
  /** Ends one booking; concurrent calls share transactions. Rejects with Unavailable when the outcome is unknown. */
  end(ending: Ending): Promise<EndingResult>
  /** Ends a batch (≤ 500) in one transaction; results in the order of the endings. */
  endBatch(endings: Ending[]): Promise<EndingResult[]>
  refund(booking: Booking, generation: number, atMs: number): Promise<RefundResult>
}

/** One user's bookings. Newest first; `before` is the id that the last page ended on. */
export interface BookingReader {
  ofUser(
    userId: string,
    page: { before: string | null; limit: number; eventId: string | null },
  ): Promise<Booking[]>
  /** Seats by status of one user in one event, from the bookings that PostgreSQL has, without those named. */
  seatsByStatus(
    userId: string,
    eventId: string,
    without: string[],
  ): Promise<Partial<Record<BookingStatus, number>>>
}
