import type { DueWebhook, WebhookQueue } from '../payments/webhook-delivery.ts'
import type { Queryable } from './database.ts'

interface WebhookRow {
  webhook_id: string
  id: string
  booking_id: string
  amount_minor: string
  currency: string
  outcome: DueWebhook['state']
}

const CLAIM = `
WITH due AS (
  SELECT id, attempts FROM simulated_webhooks WHERE due_at <= clock_timestamp()
  ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
), given_up AS (
  DELETE FROM simulated_webhooks w USING due WHERE w.id = due.id AND due.attempts >= $4
)
UPDATE simulated_webhooks w SET attempts = w.attempts + 1,
  due_at = clock_timestamp() + least($2 * power(2, least(w.attempts, 30)), $3) * interval '1 millisecond'
FROM due JOIN simulated_webhooks o ON o.id = due.id JOIN simulated_payments p ON p.id = o.payment_id
WHERE w.id = due.id AND due.attempts < $4
RETURNING w.id AS webhook_id, p.id, p.booking_id, p.amount_minor, p.currency, p.outcome`

/** The webhooks that the simulated provider still has to send. */
export function makeWebhookQueue(database: Queryable): WebhookQueue {
  return {
    async claim(limit, { firstMs, maxMs }, maxAttempts) {
      const { rows } = await database.query<WebhookRow>({
        name: 'webhooks_claim',
        text: CLAIM,
        values: [limit, firstMs, maxMs, maxAttempts],
      })
      return rows.map((row) => ({
        webhookId: row.webhook_id,
        id: row.id,
        bookingId: row.booking_id,
        amountMinor: Number(row.amount_minor),
        currency: row.currency,
        state: row.outcome,
      }))
    },

    async delivered(webhookId) {
      await database.query({
        name: 'webhook_delivered',
        text: 'DELETE FROM simulated_webhooks WHERE id = $1',
        values: [webhookId],
      })
    },
  }
}
