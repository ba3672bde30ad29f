import type { Ending } from '../booking/ports.ts'
import type { Queryable } from './database.ts'

/** Asks for a payment to be given back whose booking could not be confirmed: its seats were sold to others. */
export async function requestRefund(client: Queryable, { hold, paymentId, atMs }: Ending): Promise<void> {
  await client.query({
    name: 'request_refund',
    text: `
      INSERT INTO outbox (topic, booking_id, type, version, occurred_at, data, traceparent)
      SELECT 'payment-commands', id, 'refund.requested', version, to_timestamp($3 / 1000.0),
        booking_data(id, user_id, event_id, show_id, zone_id, quantity, unit_price_minor, currency, status, expires_at, $2, NULL),
        traceparent
      FROM bookings WHERE id = $1`,
    values: [hold.bookingId, paymentId, atMs],
  })
}
