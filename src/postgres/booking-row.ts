import type { Booking, BookingStatus, Hold } from '../booking/model.ts'

/** Columns of a booking, in the order in which they are read everywhere. */
export const BOOKING_COLUMNS = `id, user_id, event_id, show_id, zone_id, quantity, unit_price_minor, currency, status,
  version, idempotency_hash, traceparent, payment_id, confirmation_code, created_at, expires_at, confirmed_at, ended_at`

export interface BookingRow {
  id: string
  user_id: string
  event_id: string
  show_id: string
  zone_id: string
  quantity: number
  unit_price_minor: number
  currency: string
  status: BookingStatus
  version: number
  idempotency_hash: string | null
  traceparent: string | null
  payment_id: string | null
  confirmation_code: string | null
  created_at: Date
  expires_at: Date
  confirmed_at: Date | null
  ended_at: Date | null
}

export function bookingOfRow(row: BookingRow): Booking {
  return {
    bookingId: row.id,
    userId: row.user_id,
    eventId: row.event_id,
    showId: row.show_id,
    zoneId: row.zone_id,
    quantity: row.quantity,
    unitPriceMinor: row.unit_price_minor,
    currency: row.currency,
    status: row.status,
    version: row.version,
    idempotencyHash: row.idempotency_hash,
    traceparent: row.traceparent,
    paymentId: row.payment_id,
    confirmationCode: row.confirmation_code,
    createdAtMs: row.created_at.getTime(),
    expiresAtMs: row.expires_at.getTime(),
    confirmedAtMs: row.confirmed_at?.getTime() ?? null,
    endedAtMs: row.ended_at?.getTime() ?? null,
  }
}

/** `unnest` over the first 12 parameters: holds as columns, one array each. */
export const HOLD_ARRAYS = `$1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::uuid[], $6::smallint[], $7::int[],
  $8::text[], $9::bigint[], $10::bigint[], $11::text[], $12::text[]`

/** The names of those columns. */
export const HOLD_FIELDS = `id, user_id, event_id, show_id, zone_id, quantity, unit_price_minor, currency, created_ms,
  expires_ms, idempotency_hash, traceparent`

/** The values of those parameters. Arrays of plain tokens are written out here: node-postgres would quote each element. */
export function holdArrays(holds: readonly Hold[]): unknown[] {
  return [
    tokens(holds.map((hold) => hold.bookingId)),
    holds.map((hold) => hold.userId),
    tokens(holds.map((hold) => hold.eventId)),
    tokens(holds.map((hold) => hold.showId)),
    tokens(holds.map((hold) => hold.zoneId)),
    tokens(holds.map((hold) => hold.quantity)),
    tokens(holds.map((hold) => hold.unitPriceMinor)),
    tokens(holds.map((hold) => hold.currency)),
    tokens(holds.map((hold) => hold.createdAtMs)),
    tokens(holds.map((hold) => hold.expiresAtMs)),
    holds.map((hold) => hold.idempotencyHash),
    holds.map((hold) => hold.traceparent),
  ]
}

/** An array literal of values that need no quoting: UUIDs, numbers, currency codes. */
export function tokens(values: readonly (string | number)[]): string {
  return `{${values.join(',')}}`
}
