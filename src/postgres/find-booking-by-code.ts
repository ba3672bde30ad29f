import type { Booking } from '../booking/model.ts'
import { BOOKING_COLUMNS, type BookingRow, bookingOfRow } from './booking-row.ts'
import type { Queryable } from './database.ts'

/** @param confirmationCode in capital letters, as it is stored */
export async function findBookingByCode(
  database: Queryable,
  confirmationCode: string,
): Promise<Booking | null> {
  const { rows } = await database.query<BookingRow>({
    name: 'find_booking_by_code',
    text: `SELECT ${BOOKING_COLUMNS} FROM bookings WHERE confirmation_code = $1`,
    values: [confirmationCode],
  })
  return rows[0] ? bookingOfRow(rows[0]) : null
}
