/** The provider's webhook, over HTTP: what is signed, lately, over these very bytes is taken, once and durably. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Hold } from '../../src/booking/model.ts'
import { waitFor } from '../../src/devstack/wait.ts'
import { makeSendWebhook } from '../../src/payments/webhook-delivery.ts'
import { signWebhook } from '../../src/payments/webhook-signature.ts'
import { makeWebhookQueue } from '../../src/postgres/simulated-webhooks.ts'
import type { Part } from '../../src/workers/loop.ts'
import { makePaymentPoller } from '../../src/workers/payment-poller.ts'
import { makeWebhookSender } from '../../src/workers/webhook-sender.ts'
import { openService, type TestService } from '../support/service.ts'
import { withoutPostgres, withoutRedis } from '../support/stores.ts'
import { assertSettled, deliver, intentOf, paymentsOf } from './flow.ts'

const skip = withoutRedis || withoutPostgres
const service = (skip ? null : await openService({ after })) as TestService
const url = skip ? '' : `${await service.api()}/api/v1/payments/webhook`
const secret = skip ? '' : service.config.PAYMENT_WEBHOOK_SECRET

/** Of waiting for what comes; nothing here takes as long. */
const bound = { timeoutMs: 30_000 }
const nowSeconds = () => Math.floor(Date.now() / 1000)

async function aHold(): Promise<Hold> {
  const { event, zoneIds } = await service.event([10])
  return service.hold(event.id, zoneIds[0] as string)
}

function claim(hold: Hold, paymentId: string, more: object = {}, type = 'payment.succeeded'): string {
  const data = {
    payment_id: paymentId,
    booking_id: hold.bookingId,
    amount_minor: hold.unitPriceMinor * hold.quantity,
    currency: hold.currency,
    ...more,
  }
  return JSON.stringify({ id: 'evt_1', type, data })
}

async function send(body: string, signature: string | null = signWebhook(secret, nowSeconds(), body)) {
  const headers = {
    'Content-Type': 'application/json',
    ...(signature && { 'X-Floodgate-Signature': signature }),
  }
  const response = await fetch(url, { method: 'POST', headers, body })
  return { status: response.status, code: ((await response.json()) as { code?: string }).code }
}

async function eventsOf({ bookingId }: Hold): Promise<string[]> {
  const { rows } = await service.stores.database.query<{ type: string }>({
    text: `SELECT type FROM outbox WHERE booking_id = $1 AND topic = 'payment-events'`,
    values: [bookingId],
  })
  return rows.map(({ type }) => type)
}

async function complete(paymentId: string): Promise<void> {
  await service.stores.database.query({
    text: 'UPDATE simulated_payments SET settles_at = now() WHERE id = $1',
    values: [paymentId],
  })
}

/** Lets the provider send what it owes until it owes nothing. */
async function untilSent(...senders: Part[]): Promise<void> {
  for (const sender of senders) await sender.start()
  try {
    const isSent = async () => {
      const { rows } = await service.stores.database.query({
        text: 'SELECT 1 FROM simulated_webhooks LIMIT 1',
      })
      return rows.length === 0
    }
    assert.ok(await waitFor(isSent, bound))
  } finally {
    await Promise.all(senders.map((sender) => sender.stop()))
  }
}

function aSender(onError: (error: unknown) => void = () => {}): Part {
  return makeWebhookSender({
    queue: makeWebhookQueue(service.stores.database),
    send: makeSendWebhook(secret),
    address: () => url,
    intervalMs: 10,
    onError: (_name, error) => onError(error),
  })
}

test('a genuine webhook is in the outbox before it is answered, and repeats change nothing', {
  skip,
}, async () => {
  const hold = await aHold()
  const { id } = await intentOf(service, hold, 'pending')
  await complete(id)
  const body = claim(hold, id)
  assert.equal((await send(body)).status, 200)
  assert.deepEqual(await eventsOf(hold), ['payment.succeeded'])
  const again = await Promise.all(Array.from({ length: 10 }, () => send(body)))
  assert.deepEqual(new Set(again.map(({ status }) => status)), new Set([200]))
  assert.deepEqual(await eventsOf(hold), ['payment.succeeded'])
  await deliver(service)
  assert.deepEqual(await paymentsOf(service, hold), ['succeeded/succeeded'])
})

test('what is not signed over these bytes, with this secret, now, is refused and changes nothing', {
  skip,
}, async () => {
  const hold = await aHold()
  const { id } = await intentOf(service, hold, 'pending')
  const body = claim(hold, id)
  const now = nowSeconds()
  const limit = service.config.PAYMENT_WEBHOOK_TOLERANCE_SECONDS
  const good = signWebhook(secret, now, body)
  const refused: Record<string, string | null> = {
    'no signature': null,
    'another secret': signWebhook('another secret of more than 32 characters', now, body),
    'another body': signWebhook(secret, now, `${body} `),
    'the same JSON in other bytes': signWebhook(secret, now, JSON.stringify(JSON.parse(body), null, 1)),
    'another time than was signed': good.replace(`t=${now}`, `t=${now - 1}`),
    'six minutes old': signWebhook(secret, now - limit - 60, body),
    'six minutes early': signWebhook(secret, now + limit + 60, body),
    'a digest cut short': good.slice(0, -2),
    'a header that is none': 'v1',
    'capital letters': good.toUpperCase(),
  }
  for (const [why, signature] of Object.entries(refused)) {
    assert.deepEqual(await send(body, signature), { status: 401, code: 'UNAUTHORIZED' }, why)
  }
  assert.deepEqual(await eventsOf(hold), [])
  assert.deepEqual(await paymentsOf(service, hold), ['pending/pending'])
})

test('four minutes old, or early, is still believed', { skip }, async () => {
  const hold = await aHold()
  const { id } = await intentOf(service, hold, 'pending')
  await complete(id)
  const body = claim(hold, id)
  for (const offset of [-240, 240]) {
    assert.equal((await send(body, signWebhook(secret, nowSeconds() + offset, body))).status, 200)
  }
})

test('spaces and the order of fields are the sender’s: the signature is over what was sent', {
  skip,
}, async () => {
  const hold = await aHold()
  const { id } = await intentOf(service, hold, 'pending')
  await complete(id)
  const { id: eventId, type, data } = JSON.parse(claim(hold, id))
  const body = `  ${JSON.stringify({ data, extra: 'ünïcode', type, id: eventId }, null, 3)}\n`
  assert.equal((await send(body)).status, 200)
  assert.deepEqual(await eventsOf(hold), ['payment.succeeded'])
})

test('signed but wrong: each is told why, and nothing is taken', { skip }, async () => {
  const [hold, other] = [await aHold(), await aHold()]
  const { id } = await intentOf(service, hold, 'pending')
  const invalid = { status: 400, code: 'INVALID_REQUEST' }
  const cases: [string, string, object][] = [
    ['no JSON', '{"id":', invalid],
    ['no body', '', invalid],
    ['another shape', '{"id":"evt_1"}', invalid],
    ['an unknown type', claim(hold, id, {}, 'payment.imagined'), invalid],
    ['an unknown payment', claim(hold, 'pay_unknown'), { status: 404, code: 'NOT_FOUND' }],
    ['less money', claim(hold, id, { amount_minor: 4999 }), invalid],
    ['other money', claim(hold, id, { currency: 'USD' }), invalid],
    ['another booking', claim(hold, id, { booking_id: other.bookingId }), invalid],
  ]
  for (const [why, body, answer] of cases) assert.deepEqual(await send(body), answer, why)
  assert.deepEqual(await eventsOf(hold), [])
})

test('a success after a failure, or the reverse, is refused: somebody has to look', { skip }, async () => {
  const [paid, declined] = [await aHold(), await aHold()]
  const [success, failure] = [await intentOf(service, paid), await intentOf(service, declined, 'decline')]
  assert.equal((await send(claim(paid, success.id, {}, 'payment.failed'))).status, 400)
  assert.equal((await send(claim(declined, failure.id))).status, 400)
  assert.deepEqual(await paymentsOf(service, paid), ['succeeded/succeeded'])
  assert.deepEqual(await paymentsOf(service, declined), ['failed/failed'])
  await deliver(service)
})

test('the provider sends its webhooks over HTTP, doubled ones too; each payment is taken once', {
  skip,
}, async () => {
  const holds = await Promise.all(Array.from({ length: 10 }, aHold))
  const methods = ['succeed', 'doubled_webhook', 'decline'] as const
  await Promise.all(holds.map((hold, i) => intentOf(service, hold, methods[i % 3])))
  const errors: unknown[] = []
  await untilSent(
    aSender((error) => errors.push(error)),
    aSender(),
  )
  assert.deepEqual(errors, [])
  for (const [i, hold] of holds.entries()) {
    assert.deepEqual(await eventsOf(hold), [i % 3 === 2 ? 'payment.failed' : 'payment.succeeded'])
  }
  await assertSettled(service)
})

test('a webhook that could not be delivered stays in the provider’s books and comes again', {
  skip,
}, async () => {
  const hold = await aHold()
  await intentOf(service, hold, 'doubled_webhook')
  const database = service.stores.database
  const queue = makeWebhookQueue(database)
  assert.ok(
    await waitFor(async () => (await queue.claim(10, { firstMs: 1, maxMs: 1 }, 12)).length > 0, bound),
  )
  // Whoever claimed it died. It comes due again.
  await untilSent(aSender())
  assert.deepEqual(await eventsOf(hold), ['payment.succeeded'])
  await assertSettled(service)
})

test('a webhook that nobody takes is given up after its attempts', { skip }, async () => {
  const hold = await aHold()
  await intentOf(service, hold)
  const queue = makeWebhookQueue(service.stores.database)
  let attempts = 0
  const isGivenUp = async () => {
    attempts += (await queue.claim(10, { firstMs: 1, maxMs: 1 }, 3)).length
    const { rows } = await service.stores.database.query({ text: 'SELECT 1 FROM simulated_webhooks' })
    return rows.length === 0
  }
  assert.ok(await waitFor(isGivenUp, bound))
  assert.equal(attempts, 3)
  await assertSettled(service)
})

test('a lost webhook: the poller asks the provider, once it is time, and the booking is confirmed', {
  skip,
}, async () => {
  const hold = await aHold()
  const { id, state } = await intentOf(service, hold, 'lost_webhook')
  assert.equal(state, 'pending')
  const poller = makePaymentPoller({
    ...service.payments,
    backOff: { firstMs: 1, maxMs: 1 },
    intervalMs: 10,
    onError: (_name, error) => assert.fail(String(error)),
  })
  await poller.start()
  try {
    await service.stores.database.query({
      text: `UPDATE payments SET next_poll_at = now() WHERE id = '${id}'`,
    })
    assert.ok(await waitFor(async () => (await eventsOf(hold)).length === 1, bound))
  } finally {
    await poller.stop()
  }
  await deliver(service)
  assert.deepEqual(await paymentsOf(service, hold), ['succeeded/succeeded'])
  await assertSettled(service)
})

test('what stays pending is asked for ever less often', { skip }, async () => {
  const hold = await aHold()
  const { id } = await intentOf(service, hold, 'pending')
  const HOUR_MS = 3_600_000
  const claim = () => service.payments.payments.claimPending(1000, { firstMs: HOUR_MS, maxMs: 5 * HOUR_MS })
  const waits: (number | undefined)[] = []
  for (let i = 0; i < 4; i++) {
    await service.stores.database.query({
      text: `UPDATE payments SET next_poll_at = now() WHERE id = '${id}'`,
    })
    assert.ok((await claim()).some((payment) => payment.id === id))
    const { rows } = await service.stores.database.query<{ hours: number }>({
      text: `SELECT round(extract(epoch FROM next_poll_at - now()) / 3600)::int AS hours FROM payments WHERE id = '${id}'`,
    })
    waits.push(rows[0]?.hours)
  }
  assert.deepEqual(waits, [1, 2, 4, 5])
  assert.deepEqual(await claim(), [])
})
