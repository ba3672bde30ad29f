import type { Booking } from '../booking/model.ts'
import { BOOKING_COLUMNS, type BookingRow, bookingOfRow } from './booking-row.ts'
import type { Queryable } from './database.ts'

/** Reservations whose time is over since `graceMs`, oldest first: holds that somebody removed from Redis by hand. */
export async function overdueBookings(
  database: Queryable,
  graceMs: number,
  limit: number,
): Promise<Booking[]> {
  const { rows } = await database.query<BookingRow>({
    name: 'overdue_bookings',
    text: `SELECT ${BOOKING_COLUMNS} FROM bookings
      WHERE status = 'reserved' AND expires_at < now() - $1 * interval '1 millisecond' ORDER BY expires_at LIMIT $2`,
    values: [graceMs, limit],
  })
  return rows.map(bookingOfRow)
}
