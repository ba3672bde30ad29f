import type { BackOff, PaymentTerms } from './ports.ts'
import { signWebhook } from './webhook-signature.ts'

/** A webhook that the simulated provider owes. */
export interface DueWebhook extends PaymentTerms {
  webhookId: string
  state: 'succeeded' | 'failed'
}

/** The provider's list of webhooks. What was claimed and not delivered comes due again, so a crash loses none. */
export interface WebhookQueue {
  /** Takes what is due, puts each off for longer every time, and drops what was tried `maxAttempts` times. */
  claim(limit: number, backOff: BackOff, maxAttempts: number): Promise<DueWebhook[]>
  delivered(webhookId: string): Promise<void>
}

/** Sends one webhook. @throws when it was not answered with 200 */
export type SendWebhook = (url: string, webhook: DueWebhook) => Promise<void>

const TIMEOUT_MS = 5000

/** Signed, over HTTP, as a provider outside would. */
export function makeSendWebhook(secret: string): SendWebhook {
  return async (url, { webhookId, id, bookingId, amountMinor, currency, state }) => {
    const body = JSON.stringify({
      id: webhookId,
      type: `payment.${state}`,
      data: { payment_id: id, booking_id: bookingId, amount_minor: amountMinor, currency },
    })
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'X-Floodgate-Signature': signWebhook(secret, Math.floor(Date.now() / 1000), body),
      },
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    await response.arrayBuffer()
    if (response.status !== 200) throw new Error(`the webhook was answered with ${response.status}`)
  }
}
