import { partitionOfBooking } from '../pipeline/partition.ts'
import { type BookingRow, tokens } from './booking-row.ts'
import type { Queryable } from './database.ts'
import { refundCommands } from './request-refund.ts'

const REFUND_BOOKINGS = `
WITH input AS (
  SELECT * FROM unnest($1::uuid[], $2::int[], $3::bigint[], $4::bigint[]) AS i (id, partition, generation, at_ms)
), allowed AS (
  SELECT i.* FROM input i JOIN generation g USING (partition) WHERE g.generation = i.generation
), locked AS (
  SELECT b.id FROM bookings b JOIN allowed a USING (id) WHERE b.status = 'confirmed' ORDER BY b.id FOR UPDATE OF b
), ended AS (
  UPDATE bookings b SET status = 'refunded', version = b.version + 1, ended_at = to_timestamp(a.at_ms / 1000.0)
  FROM locked JOIN allowed a USING (id) WHERE b.id = locked.id
  RETURNING b.*
), paid_back AS (
  UPDATE payments p SET state = 'refunding', updated_at = now()
  FROM ended e WHERE p.id = e.payment_id AND p.state = 'succeeded'
  RETURNING p.*
), published AS (
  INSERT INTO outbox (topic, booking_id, type, version, occurred_at, data, traceparent)
  SELECT 'booking-events' AS topic, id AS booking_id, 'booking.refunded', version, ended_at, booking_data(id, user_id,
    event_id, show_id, zone_id, quantity, unit_price_minor, currency, status, expires_at, payment_id, confirmation_code),
    traceparent
  FROM ended UNION ALL ${refundCommands('paid_back')}
  ORDER BY booking_id, topic
)
SELECT i.id AS asked_id, a.id IS NULL AS fenced, e.*
FROM input i LEFT JOIN allowed a ON a.id = i.id LEFT JOIN ended e ON e.id = i.id`

export interface RefundOrder {
  bookingId: string
  generation: number
  atMs: number
}

/** Refunds confirmed bookings, with the event and the command that asks for the money to be given back. */
export async function refundBookings(
  client: Queryable,
  orders: readonly RefundOrder[],
): Promise<({ asked_id: string; fenced: boolean } & (BookingRow | { id: null }))[]> {
  const { rows } = await client.query<{ asked_id: string; fenced: boolean } & (BookingRow | { id: null })>({
    name: 'refund_bookings',
    text: REFUND_BOOKINGS,
    values: [
      tokens(orders.map(({ bookingId }) => bookingId)),
      tokens(orders.map(({ bookingId }) => partitionOfBooking(bookingId))),
      tokens(orders.map(({ generation }) => generation)),
      tokens(orders.map(({ atMs }) => atMs)),
    ],
  })
  return rows
}
