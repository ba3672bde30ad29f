/** The life of a booking. `reserved` is the only state with a choice; every other one is an ending. */
export type BookingStatus = 'reserved' | 'confirmed' | 'cancelled' | 'expired' | 'refunded'

/** Seats held for one person until a time. Times are epoch milliseconds of Redis's clock. */
export interface Hold {
  bookingId: string
  userId: string
  eventId: string
  showId: string
  zoneId: string
  quantity: number
  unitPriceMinor: number
  /** ISO 4217 */
  currency: string
  createdAtMs: number
  expiresAtMs: number
  /** Hash of the caller's idempotency key; null when none was sent. */
  idempotencyHash: string | null
  /** W3C trace context of the request that reserved; null when none was sent. */
  traceparent: string | null
}

/** A booking as PostgreSQL keeps it. `version` counts its changes from 1 and orders its events. */
export interface Booking extends Hold {
  status: BookingStatus
  version: number
  paymentId: string | null
  confirmationCode: string | null
  confirmedAtMs: number | null
  endedAtMs: number | null
}

/** A hold seen as the booking that the persister is about to write. */
export function bookingOfHold(hold: Hold): Booking {
  return {
    ...hold,
    status: 'reserved',
    version: 1,
    paymentId: null,
    confirmationCode: null,
    confirmedAtMs: null,
    endedAtMs: null,
  }
}
