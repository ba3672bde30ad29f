import assert from 'node:assert/strict'
import type { BookingStatus, Hold } from '../../src/booking/model.ts'

/** Endings that a status may still turn into. */
const later: Record<BookingStatus, BookingStatus[]> = {
  reserved: ['confirmed', 'cancelled', 'expired', 'refunded'],
  confirmed: ['refunded'],
  cancelled: [],
  expired: [],
  refunded: [],
}

export interface StoredBooking {
  id: string
  userId: string
  zoneId: string
  quantity: number
  status: BookingStatus
}

/**
 * What callers were told, and therefore may rely on: a confirmed booking stays confirmed until it is refunded, an ending is never
 * taken back, seats are never given to more people than there are seats.
 */
export function makeModel() {
  const told = new Map<string, BookingStatus>()
  const holds = new Map<string, Hold>()
  const asked = new Set<string>()
  const seen = new Map<string, BookingStatus>()
  const failures: string[] = []
  let sound = true

  function tell(bookingId: string, status: BookingStatus): void {
    const before = told.get(bookingId)
    // An answer that was under way for longer may tell of what has ended since.
    if (before !== undefined && later[status].includes(before)) return
    if (before !== undefined && before !== status && !later[before].includes(status)) {
      failures.push(`${bookingId} was ${before} for one caller and ${status} for the next`)
    }
    told.set(bookingId, status)
  }

  return {
    asked: (bookingId: string) => void asked.add(bookingId),
    holds: () => [...holds.values()],
    sound: () => sound,
    storeIsSound(now: boolean) {
      sound = now
    },
    broke(task: string, error: unknown) {
      failures.push(`${task} broke: ${(error as Error).stack}`)
    },
    reserved(hold: Hold, replayed: boolean) {
      if (!sound && !replayed)
        failures.push(`${hold.bookingId} was reserved in a store that was not reconciled`)
      holds.set(hold.bookingId, hold)
      if (!told.has(hold.bookingId)) tell(hold.bookingId, 'reserved')
    },
    confirmed(bookingId: string, kind: string) {
      if (kind === 'confirmed') tell(bookingId, 'confirmed')
    },
    cancelled(bookingId: string, kind: string) {
      if (kind === 'cancelled') tell(bookingId, 'cancelled')
    },
    refunded(bookingId: string, kind: string) {
      if (kind === 'refunded') tell(bookingId, 'refunded')
    },

    /** Holds PostgreSQL's rows against what was told and what was seen before. */
    check(rows: readonly StoredBooking[]): void {
      assert.deepEqual(failures, [])
      const byId = new Map(rows.map((row) => [row.id, row]))
      for (const { id, status } of rows) {
        assert.ok(asked.has(id), `${id} was never asked for`)
        const before = seen.get(id) ?? 'reserved'
        assert.ok(
          before === status || later[before].includes(status),
          `${id} went from ${before} to ${status}`,
        )
        seen.set(id, status)
      }
      for (const [id, status] of told) {
        // A reservation may be forgotten with the store that held it; an ending may not.
        if (status === 'reserved') continue
        const stored = byId.get(id)?.status
        assert.ok(
          stored === status || (stored && later[status].includes(stored)),
          `${id} was told to be ${status}, is ${stored}`,
        )
      }
    },
  }
}

export type Model = ReturnType<typeof makeModel>
