import type { Queryable } from './database.ts'

/**
 * The command that asks for money to be given back, from payments that have just moved to `refunding`: whoever moves a
 * payment writes its command in the same transaction, so there is one for each payment, whoever asks and how often.
 *
 * @param moved the rows of the payments
 * @returns a SELECT of the columns of `outbox` in the order of the inserts here
 */
export const refundCommands = (moved: string) => `
  SELECT 'payment-commands', booking_id, 'refund.requested', attempt, updated_at, json_build_object(
      'payment_id', id, 'booking_id', booking_id, 'user_id', user_id, 'amount_minor', amount_minor, 'currency', currency),
    traceparent
  FROM ${moved}`

/** A payment that could not pay for its booking is given back. @returns false when it is not there to be given back, or was asked for before */
export async function requestRefund(client: Queryable, paymentId: string): Promise<boolean> {
  const { rowCount } = await client.query({
    name: 'request_refund',
    text: `
      WITH moved AS (
        UPDATE payments SET state = 'refunding', updated_at = now() WHERE id = $1 AND state = 'succeeded' RETURNING *
      )
      INSERT INTO outbox (topic, booking_id, type, version, occurred_at, data, traceparent) ${refundCommands('moved')}`,
    values: [paymentId],
  })
  return rowCount === 1
}
