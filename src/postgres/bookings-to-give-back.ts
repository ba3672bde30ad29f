import type { Booking } from '../booking/model.ts'
import { BOOKING_COLUMNS, type BookingRow, bookingOfRow } from './booking-row.ts'
import type { Queryable } from './database.ts'

/** Bookings of cancelled events that still have seats. */
export async function bookingsToGiveBack(database: Queryable, limit: number): Promise<Booking[]> {
  const { rows } = await database.query<BookingRow>({
    name: 'bookings_to_give_back',
    text: `SELECT b.* FROM events e CROSS JOIN LATERAL (
        SELECT ${BOOKING_COLUMNS} FROM bookings
        WHERE event_id = e.id AND status IN ('reserved', 'confirmed') ORDER BY id LIMIT $1
      ) b WHERE e.status = 'cancelled' LIMIT $1`,
    values: [limit],
  })
  return rows.map(bookingOfRow)
}
