import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { test } from 'node:test'
import type { Role } from '../../src/http/identity.ts'
import { ask, createEvents } from '../faults/client.ts'
import { startService } from '../faults/process.ts'
import { query, until } from '../faults/proof.ts'
import {
  openDatabase,
  openKafka,
  openRedis,
  withoutKafka,
  withoutPostgres,
  withoutRedis,
} from '../support/stores.ts'

const skip = withoutRedis || withoutPostgres || withoutKafka

test('a payment confirms its booking and the buyer is told; a refund gives the money back and the buyer is told', {
  skip,
}, async (t) => {
  const [redis, database] = await Promise.all([openRedis(t), openDatabase(t)])
  const kafka = openKafka(t)
  const told: { type: string; booking_id: string; confirmation_code: string }[] = []
  const receiver = createServer(async (request, response) => {
    told.push((await json(request)) as (typeof told)[number])
    response.writeHead(204).end()
  })
  receiver.listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  t.after(async () => {
    receiver.closeAllConnections()
    receiver.close()
  })

  const stores = {
    redisUrl: redis.url,
    databaseUrl: database.url,
    kafkaBrokers: kafka.brokers,
    topicPrefix: kafka.topic(''),
  }
  const service = await startService(t, 'all', stores, {
    NOTIFICATIONS: 'webhook',
    NOTIFICATION_WEBHOOK_URL: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`,
  })
  const [sale] = await createEvents(service.api, 1, 10)
  const post = async (path: string, body: object, who: { user: string; role?: Role } = { user: 'ada' }) => {
    const answer = await ask('POST', `${service.api}/api/v1${path}`, { ...who, body })
    assert.ok(answer.status < 300, JSON.stringify(answer.body))
    return answer.body
  }
  const reserve = () =>
    post('/bookings/reserve', { event_id: sale?.eventId, zone_id: sale?.zoneId, quantity: 1 })
  const { booking_id: bookingId } = await reserve()
  const { booking_id: abandoned } = await reserve()
  const { payment_id: paymentId } = await post('/payments/intents', { booking_id: bookingId })

  await until('the buyer is told of the confirmation', () => told.length === 1)
  const [booking] = await query<{ status: string; payment_id: string; confirmation_code: string }>(
    database.url,
    `SELECT status, payment_id, confirmation_code FROM bookings WHERE id = '${bookingId}'`,
  )
  assert.deepEqual([booking?.status, booking?.payment_id], ['confirmed', paymentId])
  assert.equal(told[0]?.type, 'booking.confirmed')
  assert.equal(told[0]?.booking_id, bookingId)
  assert.equal(told[0]?.confirmation_code, booking?.confirmation_code)

  await post(`/bookings/${bookingId}/refund`, {}, { user: 'boss', role: 'organizer' })
  await post(`/bookings/${abandoned}/cancel`, {})
  await until('the money is given back', async () => {
    const [payment] = await query<{ state: string }>(
      database.url,
      `SELECT state FROM payments WHERE id = '${paymentId}'`,
    )
    return payment?.state === 'refunded'
  })
  await until('the buyer is told of the refund', () => told.length === 2)
  assert.deepEqual([told[1]?.type, told[1]?.booking_id], ['booking.refunded', bookingId])

  const consumed = (group: string, topic: string, outcome = 'worked') =>
    service.metric(`kafka_consumed_total{group="${group}",topic="${topic}",outcome="${outcome}"}`)
  assert.equal(await consumed('floodgate-payments', 'payment-events'), 1)
  assert.equal(await consumed('floodgate-refunds', 'payment-commands'), 1)
  assert.equal(await consumed('floodgate-notifications', 'booking-events'), 2)
  await until('every event is consumed', async () => {
    return (await consumed('floodgate-notifications', 'booking-events', 'ignored')) === 3
  })
  const rows = await query<{ n: number }>(database.url, 'SELECT count(*)::int AS n FROM consumed_messages')
  assert.deepEqual(rows, [{ n: 4 }], 'memory is kept of what was worked on, and of nothing else')
  assert.equal(await service.metric('notifications_total{outcome="confirmed"}'), 1)
  assert.equal(await service.metric('kafka_dlq_total{topic="booking-events"}'), 0)
  assert.equal(await service.end('SIGTERM'), 0)
  assert.equal(told.length, 2)
})
