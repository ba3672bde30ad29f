import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { makeLogNotifier } from '../../src/notifications/log-notifier.ts'
import type { Notice } from '../../src/notifications/notifier.ts'
import { makeNotify } from '../../src/notifications/notify.ts'
import { makeWebhookNotifier } from '../../src/notifications/webhook-notifier.ts'
import { PoisonEvent, type ReceivedEvent } from '../../src/pipeline/consumer-ports.ts'
import { Unavailable } from '../../src/pipeline/unavailable.ts'
import type { Cleanup } from '../support/restartable.ts'

const event: ReceivedEvent = {
  eventId: '0b1f7c1e-1111-4222-8333-444455556666',
  type: 'booking.confirmed',
  bookingId: '01a20a7c-39b4-7a0f-a89d-1f0de8c41f12',
  version: 2,
  occurredAtMs: 1_790_000_000_000,
  data: {
    user_id: 'user-1',
    event_id: '01a20a7c-39b4-7a0f-a89d-000000000007',
    quantity: 2,
    total_price_minor: 9000,
    currency: 'THB',
    confirmation_code: 'K7PQ2M',
  },
  traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
}

/** A receiver that answers with a status; null: not at all. */
async function openReceiver(t: Cleanup, status: () => number | null) {
  const posts: { headers: IncomingHttpHeaders; body: string }[] = []
  const server = createServer(async (request, response) => {
    posts.push({ headers: request.headers, body: await text(request) })
    const code = status()
    if (code !== null) response.writeHead(code, { location: '/elsewhere' }).end('read by nobody')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(async () => {
    server.closeAllConnections()
    server.close()
  })
  return { posts, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/notices` }
}

test('a confirmation is posted once, with its id for the receiver to know it by', async (t) => {
  const { posts, url } = await openReceiver(t, () => 204)
  const notify = makeNotify(makeWebhookNotifier({ url, timeoutMs: 5000 }))
  await notify(event)
  await notify({ ...event, type: 'booking.reserved' })
  await notify({ ...event, type: 'booking.cancelled' })
  assert.equal(posts.length, 1, 'only confirmations and refunds are told')
  assert.equal(posts[0]?.headers['idempotency-key'], event.eventId)
  assert.equal(posts[0]?.headers.traceparent, event.traceparent)
  assert.deepEqual(JSON.parse(posts[0]?.body ?? ''), {
    type: 'booking.confirmed',
    notice_id: event.eventId,
    occurred_at: '2026-09-21T14:13:20.000Z',
    booking_id: event.bookingId,
    ...event.data,
  })
  await notify({ ...event, type: 'booking.refunded' })
  assert.equal(JSON.parse(posts[1]?.body ?? '').type, 'booking.refunded')
})

test('what a receiver answers decides: not now, never, or a few times more', async (t) => {
  let status = 200
  const { url } = await openReceiver(t, () => status)
  const notify = makeNotify(makeWebhookNotifier({ url, timeoutMs: 5000 }))
  const answers = async (code: number) => {
    status = code
    return notify(event).then(
      () => 'told',
      (error: Error) => error.name,
    )
  }
  for (const code of [200, 202, 204]) assert.equal(await answers(code), 'told')
  for (const code of [408, 429, 502, 503, 504]) assert.equal(await answers(code), 'Unavailable')
  for (const code of [400, 401, 404, 410, 422]) assert.equal(await answers(code), 'PoisonEvent')
  for (const code of [302, 500, 501]) assert.equal(await answers(code), 'Error')
})

test('a receiver that is not there, or does not answer in time, is away', async (t) => {
  const silent = await openReceiver(t, () => null)
  await assert.rejects(
    makeNotify(makeWebhookNotifier({ url: silent.url, timeoutMs: 100 }))(event),
    Unavailable,
  )
  const nobody = makeWebhookNotifier({ url: 'http://127.0.0.1:9/', timeoutMs: 5000 })
  await assert.rejects(makeNotify(nobody)(event), Unavailable)
})

test('a confirmation without what it has to say is poison', async () => {
  const notify = makeNotify({ tell: async () => assert.fail('it was told') })
  for (const name of Object.keys(event.data)) {
    await assert.rejects(notify({ ...event, data: { ...event.data, [name]: null } }), PoisonEvent)
  }
})

test('the log has every notice, and one summary for the many of ten seconds', async () => {
  const notices: Notice[] = []
  const summaries: unknown[] = []
  let nowMs = 1000
  const notifier = makeLogNotifier(
    { notice: (notice) => notices.push(notice), summary: (counts) => summaries.push(counts) },
    () => nowMs,
  )
  const notify = makeNotify(notifier)
  for (let i = 0; i < 100; i++) await notify(event)
  nowMs += 10_000
  await notify({ ...event, type: 'booking.refunded' })
  assert.equal(notices.length, 101)
  assert.deepEqual(summaries, [
    { confirmed: 1, refunded: 0 },
    { confirmed: 99, refunded: 1 },
  ])
})
