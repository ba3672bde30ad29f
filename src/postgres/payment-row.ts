import type { Payment, PaymentMethod, PaymentState } from '../payments/ports.ts'

/** Columns of a payment, in the order in which they are read everywhere. */
export const PAYMENT_COLUMNS =
  'id, booking_id, user_id, amount_minor, currency, method, state, attempt, final, traceparent'

export interface PaymentRow {
  id: string
  booking_id: string
  user_id: string
  /** bigint: text in node-postgres. At most 10 times a price, so a safe integer. */
  amount_minor: string
  currency: string
  method: PaymentMethod
  state: PaymentState
  attempt: number
  final: boolean
  traceparent: string | null
}

export function paymentOfRow(row: PaymentRow): Payment {
  return {
    id: row.id,
    bookingId: row.booking_id,
    userId: row.user_id,
    amountMinor: Number(row.amount_minor),
    currency: row.currency,
    method: row.method,
    state: row.state,
    attempt: row.attempt,
    isFinal: row.final,
    traceparent: row.traceparent,
  }
}
