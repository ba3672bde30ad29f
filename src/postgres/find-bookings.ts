import type { Booking } from '../booking/model.ts'
import { BOOKING_COLUMNS, type BookingRow, bookingOfRow, tokens } from './booking-row.ts'
import type { Queryable } from './database.ts'

/** Bookings by id; those that PostgreSQL does not have are missing from the answer. */
export async function findBookings(client: Queryable, bookingIds: readonly string[]): Promise<Booking[]> {
  const { rows } = await client.query<BookingRow>({
    name: 'find_bookings',
    text: `SELECT ${BOOKING_COLUMNS} FROM bookings WHERE id = ANY ($1::uuid[])`,
    values: [tokens(bookingIds)],
  })
  return rows.map(bookingOfRow)
}
