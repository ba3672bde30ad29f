import { PoisonEvent } from '../pipeline/consumer-ports.ts'
import { traceHeadersOf } from '../pipeline/trace-context.ts'
import { Unavailable } from '../pipeline/unavailable.ts'
import type { Notice, Notifier } from './notifier.ts'

/** Answers that mean "not now", to whatever is asked: 408 time-out, 429 too many, and a gateway's three. */
const NOT_NOW: readonly number[] = [408, 429, 502, 503, 504]

/**
 * Posts notices as JSON. The header Idempotency-Key is the notice's id: a receiver may get a notice twice. A receiver that cannot be
 * reached is waited for; one that refuses a notice (4xx) is not asked again; anything else is asked again a few times.
 */
export function makeWebhookNotifier(options: { url: string; timeoutMs: number }): Notifier {
  return {
    async tell(notice) {
      const status = await post(options, notice).catch((cause: unknown) => {
        throw new Unavailable('the receiver of notifications', { cause })
      })
      if (status >= 200 && status < 300) return
      if (NOT_NOW.includes(status))
        throw new Unavailable(`the receiver of notifications (it answered ${status})`)
      const answer = `the receiver of notifications answered ${status}`
      throw status >= 400 && status < 500 ? new PoisonEvent(answer) : new Error(answer)
    },
  }
}

async function post({ url, timeoutMs }: { url: string; timeoutMs: number }, notice: Notice): Promise<number> {
  const response = await fetch(url, {
    method: 'POST',
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
    headers: {
      'content-type': 'application/json',
      'idempotency-key': notice.noticeId,
      ...traceHeadersOf(notice.traceparent),
    },
    body: JSON.stringify({
      type: `booking.${notice.kind}`,
      notice_id: notice.noticeId,
      occurred_at: new Date(notice.occurredAtMs).toISOString(),
      booking_id: notice.bookingId,
      user_id: notice.userId,
      event_id: notice.eventId,
      quantity: notice.quantity,
      total_price_minor: notice.totalPriceMinor,
      currency: notice.currency,
      confirmation_code: notice.confirmationCode,
    }),
  })
  // Only the status matters; what is not read would keep the connection.
  await response.body?.cancel()
  return response.status
}
