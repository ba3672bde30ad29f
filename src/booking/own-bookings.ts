import { Unavailable } from '../pipeline/unavailable.ts'
import { type Booking, type BookingStatus, bookingOfHold, type Hold } from './model.ts'
import type { BookingReader, Holds, Ledger } from './ports.ts'

export type BookingOutcome =
  | { kind: 'found'; booking: Booking }
  | { kind: 'not_found' }
  | { kind: 'not_yours' }

export interface BookingPage {
  items: Booking[]
  /** Give it as `before` to read on; null at the end. */
  next: string | null
}

/**
 * What a person sees of their own bookings: PostgreSQL's rows, and over them the live holds that the persister has not
 * written yet. While Redis is away the rows alone are shown.
 */
export interface OwnBookings {
  get(bookingId: string, userId: string): Promise<BookingOutcome>
  list(
    userId: string,
    page: { before: string | null; limit: number; eventId: string | null },
  ): Promise<BookingPage>
  /** Seats by status in one event. */
  summary(userId: string, eventId: string): Promise<Record<BookingStatus, number>>
}

export function makeOwnBookings(deps: { holds: Holds; ledger: Ledger; reader: BookingReader }): OwnBookings {
  const { holds, ledger, reader } = deps

  return {
    async get(bookingId, userId) {
      const stored = await ledger.find(bookingId)
      // While Redis is away nobody knows whether a booking that PostgreSQL does not have is there: this throws.
      const hold = stored ? null : await holds.peek(bookingId)
      // The persister may have written it, and an ending removed the hold, between the two looks.
      const booking = stored ?? (hold ? bookingOfHold(hold) : await ledger.find(bookingId))
      if (!booking) return { kind: 'not_found' }
      return booking.userId === userId ? { kind: 'found', booking } : { kind: 'not_yours' }
    },

    async list(userId, page) {
      // In this order: what the persister writes between two looks is seen twice, never missed.
      const live = await unlessAway(holds.ofUser(userId, page.eventId ?? undefined), [])
      const unwritten = (await withoutStored(ledger, live)).filter(
        ({ bookingId }) => page.before === null || bookingId < page.before,
      )
      const rows = await reader.ofUser(userId, {
        ...page,
        limit: page.limit + 1,
      })
      const known = new Set(rows.map(({ bookingId }) => bookingId))
      const merged = [
        ...rows,
        ...unwritten.filter(({ bookingId }) => !known.has(bookingId)).map(bookingOfHold),
      ]
      merged.sort((a, b) => (a.bookingId < b.bookingId ? 1 : -1))
      const items = merged.slice(0, page.limit)
      return {
        items,
        next: merged.length > page.limit ? (items.at(-1)?.bookingId ?? null) : null,
      }
    },

    async summary(userId, eventId) {
      const live = await unlessAway(holds.ofUser(userId, eventId), [])
      const liveIds = live.map(({ bookingId }) => bookingId)
      // Each booking is counted by one of two looks, so the persister may write between them.
      const stored = liveIds.length > 0 ? await ledger.findMany(liveIds) : []
      const statuses = new Map(stored.map(({ bookingId, status }) => [bookingId, status]))
      const seats: Record<BookingStatus, number> = {
        reserved: 0,
        confirmed: 0,
        cancelled: 0,
        expired: 0,
        refunded: 0,
        ...(await reader.seatsByStatus(userId, eventId, liveIds)),
      }
      for (const { bookingId, quantity } of live) seats[statuses.get(bookingId) ?? 'reserved'] += quantity
      return seats
    },
  }
}

async function withoutStored(ledger: Ledger, live: Hold[]): Promise<Hold[]> {
  if (live.length === 0) return []
  const stored = new Set((await ledger.findMany(live.map((hold) => hold.bookingId))).map((b) => b.bookingId))
  return live.filter(({ bookingId }) => !stored.has(bookingId))
}

async function unlessAway<T>(look: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await look
  } catch (error) {
    if (error instanceof Unavailable) return otherwise
    throw error
  }
}
