import type { BackOff } from '../payments/ports.ts'
import type { SendWebhook, WebhookQueue } from '../payments/webhook-delivery.ts'
import { bounded } from './bounded.ts'
import { makeLoop, type Part } from './loop.ts'

const WEBHOOKS_PER_STEP = 100
const CONCURRENCY = 8
const MAX_ATTEMPTS = 12
/** Twelve attempts take some five minutes. Longer than a request may take, so that no attempt overtakes another. */
const BACK_OFF: BackOff = { firstMs: 6000, maxMs: 30_000 }

/** The simulated provider's own worker: sends the webhooks that its books owe. */
export function makeWebhookSender(deps: {
  queue: WebhookQueue
  send: SendWebhook
  /** Where to; null while nobody listens yet. */
  address: () => string | null
  intervalMs: number
  onError: (name: string, error: unknown) => void
}): Part {
  const { queue, send, address, onError } = deps
  return makeLoop({
    name: 'webhook-sender',
    idleMs: deps.intervalMs,
    maxPauseMs: 5000,
    onError,
    async step() {
      const url = address()
      if (url === null) return 'idle'
      const due = await queue.claim(WEBHOOKS_PER_STEP, BACK_OFF, MAX_ATTEMPTS)
      const errors = await bounded(due, CONCURRENCY, async (webhook) => {
        await send(url, webhook)
        await queue.delivered(webhook.webhookId)
      })
      for (const error of errors) onError('webhook-sender', error)
      return due.length === WEBHOOKS_PER_STEP ? 'more' : 'idle'
    },
  })
}
