import type { Booking } from '../booking/model.ts'
import { BOOKING_COLUMNS, type BookingRow, bookingOfRow } from './booking-row.ts'
import type { Queryable } from './database.ts'

/** Bookings of cancelled events that still have seats. */
export async function bookingsToGiveBack(database: Queryable, limit: number): Promise<Booking[]> {
  const { rows } = await database.query<BookingRow>({
    name: 'bookings_to_give_back',
    text: `SELECT ${BOOKING_COLUMNS} FROM bookings
      WHERE status IN ('reserved', 'confirmed') AND event_id IN (SELECT id FROM events WHERE status = 'cancelled')
      ORDER BY id LIMIT $1`,
    values: [limit],
  })
  return rows.map(bookingOfRow)
}
