import type { BookingStatus } from '../booking/model.ts'
import type { BookingReader } from '../booking/ports.ts'
import { BOOKING_COLUMNS, type BookingRow, bookingOfRow, tokens } from './booking-row.ts'
import type { Queryable } from './database.ts'

export function makeBookingReader(database: Queryable): BookingReader {
  return {
    async ofUser(userId, { before, limit, eventId }) {
      const { rows } = await database.query<BookingRow>({
        name: 'bookings_of_user',
        text: `SELECT ${BOOKING_COLUMNS} FROM bookings
          WHERE user_id = $1 AND id < coalesce($2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
            AND ($4::uuid IS NULL OR event_id = $4)
          ORDER BY id DESC LIMIT $3`,
        values: [userId, before, limit, eventId],
      })
      return rows.map(bookingOfRow)
    },

    async seatsByStatus(userId, eventId, without) {
      const { rows } = await database.query<{
        status: BookingStatus
        seats: number
      }>({
        name: 'seats_by_status',
        text: `SELECT status, sum(quantity)::int AS seats FROM bookings
          WHERE user_id = $1 AND event_id = $2 AND id <> ALL ($3::uuid[]) GROUP BY status`,
        values: [userId, eventId, tokens(without)],
      })
      return Object.fromEntries(rows.map(({ status, seats }) => [status, seats]))
    },
  }
}
