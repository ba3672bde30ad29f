import type { PaymentStore } from '../payments/ports.ts'
import type { Queryable } from './database.ts'
import { PAYMENT_COLUMNS, type PaymentRow, paymentOfRow } from './payment-row.ts'
import { requestRefund } from './request-refund.ts'

const INSERT = `
INSERT INTO payments (id, booking_id, user_id, amount_minor, currency, method, state, attempt, final, traceparent, next_poll_at)
VALUES ($1, $2, $3, $4, $5, $6, 'pending', $7, $8, $9, now() + $10 * interval '1 millisecond')
ON CONFLICT DO NOTHING`

// One statement, so one transaction. The version counts the attempts: it orders the payments of one booking.
const SETTLE = `
WITH moved AS (
  UPDATE payments SET state = $2, updated_at = now() WHERE id = $1 AND state = 'pending' RETURNING *
)
INSERT INTO outbox (topic, booking_id, type, version, occurred_at, data, traceparent)
SELECT 'payment-events', booking_id, 'payment.' || state, attempt, updated_at, json_build_object(
    'payment_id', id, 'booking_id', booking_id, 'user_id', user_id, 'amount_minor', amount_minor, 'currency', currency,
    'attempt', attempt, 'final', final), traceparent
FROM moved`

const CLAIM = `
UPDATE payments p SET polls = least(p.polls + 1, 1000),
  next_poll_at = now() + least($2 * power(2, least(p.polls, 30)), $3) * interval '1 millisecond'
FROM (
  SELECT id FROM payments WHERE state = 'pending' AND next_poll_at <= now()
  ORDER BY next_poll_at LIMIT $1 FOR UPDATE SKIP LOCKED
) AS due WHERE p.id = due.id AND p.state = 'pending'
RETURNING ${PAYMENT_COLUMNS.replaceAll(/\w+/g, 'p.$&')}`

/** Our books of payments. */
export function makePaymentStore(database: Queryable): PaymentStore {
  async function changes(name: string, text: string, values: unknown[]): Promise<boolean> {
    const { rowCount } = await database.query({ name, text, values })
    return rowCount === 1
  }

  return {
    async find(paymentId) {
      const { rows } = await database.query<PaymentRow>({
        name: 'payment_find',
        text: `SELECT ${PAYMENT_COLUMNS} FROM payments WHERE id = $1`,
        values: [paymentId],
      })
      return rows[0] ? paymentOfRow(rows[0]) : null
    },

    async latestOf(bookingId) {
      const { rows } = await database.query<PaymentRow>({
        name: 'payment_latest',
        text: `SELECT ${PAYMENT_COLUMNS} FROM payments WHERE booking_id = $1 ORDER BY attempt DESC LIMIT 1`,
        values: [bookingId],
      })
      return rows[0] ? paymentOfRow(rows[0]) : null
    },

    insert: (payment, firstPollAfterMs) =>
      changes('payment_insert', INSERT, [
        payment.id,
        payment.bookingId,
        payment.userId,
        payment.amountMinor,
        payment.currency,
        payment.method,
        payment.attempt,
        payment.isFinal,
        payment.traceparent,
        firstPollAfterMs,
      ]),

    settle: (paymentId, to) => changes('payment_settle', SETTLE, [paymentId, to]),

    requestRefund: (paymentId) => requestRefund(database, paymentId),

    markRefunded: (paymentId) =>
      changes(
        'payment_refunded',
        `UPDATE payments SET state = 'refunded', updated_at = now() WHERE id = $1 AND state = 'refunding'`,
        [paymentId],
      ),

    async claimPending(limit, { firstMs, maxMs }) {
      const { rows } = await database.query<PaymentRow>({
        name: 'payments_claim',
        text: CLAIM,
        values: [limit, firstMs, maxMs],
      })
      return rows.map(paymentOfRow)
    },
  }
}
