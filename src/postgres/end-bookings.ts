import type { Ending } from '../booking/ports.ts'
import { partitionOfBooking } from '../pipeline/partition.ts'
import { type BookingRow, HOLD_ARRAYS, HOLD_FIELDS, holdArrays, tokens } from './booking-row.ts'
import type { Queryable } from './database.ts'

const END_BOOKINGS = `
WITH input AS (
  SELECT * FROM unnest(${HOLD_ARRAYS}, $13::int[], $14::bigint[], $15::text[], $16::bigint[], $17::text[], $18::text[])
    AS i (${HOLD_FIELDS}, partition, generation, status, at_ms, payment_id, confirmation_code)
), allowed AS (
  SELECT i.* FROM input i JOIN generation g USING (partition) WHERE g.generation = i.generation
), ended AS (
  INSERT INTO bookings AS b (id, user_id, event_id, show_id, zone_id, quantity, unit_price_minor, currency, status, version,
    idempotency_hash, traceparent, payment_id, confirmation_code, created_at, expires_at, confirmed_at, ended_at)
  SELECT id, user_id, event_id, show_id, zone_id, quantity, unit_price_minor, currency, status, 2,
    idempotency_hash, traceparent, payment_id, confirmation_code,
    to_timestamp(created_ms / 1000.0), to_timestamp(expires_ms / 1000.0),
    CASE WHEN status = 'confirmed' THEN to_timestamp(at_ms / 1000.0) END,
    CASE WHEN status <> 'confirmed' THEN to_timestamp(at_ms / 1000.0) END
  FROM allowed ORDER BY id
  ON CONFLICT (id) DO UPDATE SET status = excluded.status, version = b.version + 1, payment_id = excluded.payment_id,
    confirmation_code = excluded.confirmation_code, confirmed_at = excluded.confirmed_at, ended_at = excluded.ended_at
  WHERE b.status = 'reserved'
  RETURNING b.*, (b.xmax = 0) AS inserted
), published AS (
  INSERT INTO outbox (topic, booking_id, type, version, occurred_at, data, traceparent)
  SELECT 'booking-events', id, type, version, occurred_at, booking_data(id, user_id, event_id, show_id, zone_id, quantity,
    unit_price_minor, currency, status, expires_at, payment_id, confirmation_code), traceparent
  FROM (
    SELECT id, user_id, event_id, show_id, zone_id, quantity, unit_price_minor, currency, expires_at, traceparent,
      'booking.reserved' AS type, 1 AS version, created_at AS occurred_at, 'reserved' AS status,
      NULL AS payment_id, NULL AS confirmation_code
    FROM ended WHERE inserted
    UNION ALL
    SELECT id, user_id, event_id, show_id, zone_id, quantity, unit_price_minor, currency, expires_at, traceparent,
      'booking.' || status, version, coalesce(ended_at, confirmed_at), status, payment_id, confirmation_code
    FROM ended
  ) AS event ORDER BY id, version
)
SELECT i.id AS asked_id, a.id IS NULL AS fenced, e.*
FROM input i LEFT JOIN allowed a ON a.id = i.id LEFT JOIN ended e ON e.id = i.id`

/** One row for each ending that was asked for. `id` is null when it was fenced or another ending came first. */
export type EndedRow = { asked_id: string; fenced: boolean } & (BookingRow | { id: null })

/**
 * Ends bookings that are reserved, inserting those that the persister has not written yet, and writes their events. An
 * ending whose generation is over is left out. No two endings may be of the same booking.
 */
export async function endBookings(client: Queryable, endings: readonly Ending[]): Promise<EndedRow[]> {
  const { rows } = await client.query<EndedRow>({
    name: 'end_bookings',
    text: END_BOOKINGS,
    values: [
      ...holdArrays(endings.map(({ hold }) => hold)),
      tokens(endings.map(({ hold }) => partitionOfBooking(hold.bookingId))),
      tokens(endings.map(({ generation }) => generation)),
      tokens(endings.map(({ to }) => to)),
      tokens(endings.map(({ atMs }) => atMs)),
      endings.map(({ paymentId }) => paymentId),
      endings.map(({ confirmationCode }) => confirmationCode),
    ],
  })
  return rows
}
