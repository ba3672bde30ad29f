import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { METHODS } from 'node:http'
import { test } from 'node:test'
import type { Kafka } from 'kafkajs'
import type { AuditedZone } from '../../src/booking/audit.ts'
import { bookingOfHold, type Hold } from '../../src/booking/model.ts'
import type { Ending, Ledger } from '../../src/booking/ports.ts'
import { observeLedger } from '../../src/compose/observed-booking.ts'
import { showSeats } from '../../src/compose/observed-inventory.ts'
import { kafkaObserver } from '../../src/compose/observed-kafka.ts'
import { observeQueues } from '../../src/compose/observed-queues.ts'
import { makeKafka, plainAccess } from '../../src/kafka/client.ts'
import { observeKafka } from '../../src/kafka/observe-kafka.ts'
import type { Released } from '../../src/queue/ports.ts'
import { recordRequests } from '../../src/telemetry/http-durations.ts'
import { type Metrics, makeMetrics } from '../../src/telemetry/metrics.ts'

/** Label sets and values of one metric. */
async function valuesOf(metrics: Metrics, name: string) {
  const families = await metrics.registry.getMetricsAsJSON()
  const family = families.find((one) => one.name === name) as unknown as
    | { values: { labels: Record<string, string>; value: number; metricName?: string }[] }
    | undefined
  assert.ok(family, name)
  return family.values.filter(({ metricName }) => metricName === undefined || metricName === `${name}_count`)
}

test('methods that the API does not have are one series, however many a caller knows', async () => {
  const metrics = makeMetrics()
  const record = recordRequests(metrics.httpDuration, metrics.exemplars)
  for (const method of METHODS) record('unmatched', method, 404, 0.001, null)
  const values = await valuesOf(metrics, 'http_server_request_duration_seconds')
  assert.deepEqual(values.map(({ labels }) => labels['method']).sort(), [
    ...['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'other'],
  ])
  const other = values.find(({ labels }) => labels['method'] === 'other')
  assert.equal(other?.value, METHODS.length - 7)
})

function hold(currency: string): Hold {
  return {
    ...{ bookingId: 'b', userId: 'u', eventId: 'e', showId: 's', zoneId: 'z', quantity: 2 },
    ...{ unitPriceMinor: 500, currency, createdAtMs: 1_000_000, expiresAtMs: 2_000_000 },
    ...{ idempotencyHash: null, traceparent: null },
  }
}

test('money is counted by currency for the first twenty, however many parts of a process count it, and a time from hold to confirm once', async () => {
  const metrics = makeMetrics()
  const ledger = {
    async end({ hold: held, to }: Ending) {
      const booking = { ...bookingOfHold(held), status: to, confirmedAtMs: held.createdAtMs + 42_000 }
      return { kind: 'ended', booking }
    },
    refund: async (booking: unknown) => ({ kind: 'ended', booking }),
  } as unknown as Ledger
  const ledgers = [observeLedger(ledger, metrics), observeLedger(ledger, metrics)]
  for (let i = 0; i < 50; i++) {
    const held = hold(`X${String.fromCharCode(65 + (i % 26))}${Math.floor(i / 26)}`)
    const ending = { hold: held, generation: 1, atMs: 0, paymentId: 'p', confirmationCode: 'c' }
    const one = ledgers[i % 2] as Ledger
    await one.end({ ...ending, to: 'confirmed' })
    await one.end({ ...ending, to: 'cancelled' })
    await one.refund(bookingOfHold(held), 1, 0)
  }
  for (const name of ['booking_revenue_minor_total', 'booking_refunded_minor_total']) {
    const values = await valuesOf(metrics, name)
    assert.equal(values.length, 21, name)
    assert.equal(values.find(({ labels }) => labels['currency'] === 'other')?.value, 30 * 1000)
  }
  const took = (await metrics.timeToConfirm.get()).values
  assert.equal(took.find(({ metricName }) => metricName?.endsWith('_count'))?.value, 50)
  assert.equal(took.find(({ metricName }) => metricName?.endsWith('_sum'))?.value, 50 * 42)
})

function zone(i: number, onSale: boolean): AuditedZone {
  return {
    stored: {
      ...{ eventId: `event-${i % 7}`, eventName: '', onSale, zoneId: `zone-${i}`, zoneName: '' },
      ...{ capacity: 10, sold: 3, confirmed: 3, reserved: 2 },
    },
    live: { available: 5, held: 2, sold: 3, capacity: 10 },
  }
}

test('seats are shown for five hundred zones on sale; the number of those beyond is told; what is over is shown no more', async () => {
  const metrics = makeMetrics()
  const shown = async () => (await valuesOf(metrics, 'inventory_seats')).length
  const hidden = async () => (await valuesOf(metrics, 'inventory_hidden_zones'))[0]?.value
  showSeats(
    metrics,
    Array.from({ length: 700 }, (_, i) => zone(i, i < 600)),
  )
  assert.deepEqual([await shown(), await hidden()], [500 * 3, 100])
  const seats = await valuesOf(metrics, 'inventory_seats')
  const ofFirst = seats.filter(({ labels }) => labels['zone'] === 'zone-0')
  assert.deepEqual(Object.fromEntries(ofFirst.map(({ labels, value }) => [labels['state'], value])), {
    available: 5,
    held: 2,
    sold: 3,
  })
  showSeats(metrics, [zone(1, true), zone(2, false)])
  assert.deepEqual([await shown(), await hidden()], [3, 0])
})

test('a queue that has gone gives its series to another', async () => {
  const metrics = makeMetrics()
  let now = 0
  const observer = observeQueues(metrics, () => now)
  const result: Released = {
    ...{ released: 1, more: false, pausedBy: 'cap', waiting: 3, activePasses: 1, releaseRatePerSecond: 5 },
    ...{ oldestJoinedAtMs: null, waitedSeconds: [2], checkpoint: { seq: 1, served: 1, drawn: false } },
  }
  const events = async () =>
    new Set((await valuesOf(metrics, 'queue_waiting_users')).map(({ labels }) => labels['event']))
  for (let i = 0; i < 130; i++) observer.released(`event-${i}`, result)
  assert.equal((await events()).size, 100)
  now = 40_000
  observer.released('event-0', result)
  now = 70_000
  observer.released('event-120', result)
  assert.deepEqual(await events(), new Set(['event-0', 'event-120']))
  assert.equal((await valuesOf(metrics, 'queue_paused')).length, 2 * 6)
  now = 200_000
  assert.equal((await events()).size, 0, 'also when no queue is left')
  assert.equal((await valuesOf(metrics, 'queue_released_total'))[0]?.value, 132, 'all are counted')
})

/** Clients that say what the test wants. kafkajs has no other way to. */
function fakeKafka() {
  const { events } = makeKafka({ ...plainAccess('127.0.0.1:9'), clientId: 'test' }).producer()
  const clients: EventEmitter[] = []
  const client = () => {
    const emitter = new EventEmitter()
    clients.push(emitter)
    return { events, on: (name: string, listener: () => void) => emitter.on(name, listener) }
  }
  const kafka = { producer: client, consumer: client, admin: client } as unknown as Kafka
  const tell = (i: number, event: keyof typeof events, payload: object) =>
    clients[i]?.emit(events[event], { payload })
  return { kafka, tell, clients }
}

test('requests that wait in several Kafka clients are added up; a client that ends takes its share away, and leaves no listener elsewhere', async () => {
  const metrics = makeMetrics()
  const { kafka, tell, clients } = fakeKafka()
  const observed = observeKafka(kafka, kafkaObserver(metrics, 'prefix-'))
  const before = (await valuesOf(metrics, 'kafka_request_duration_seconds')).length
  for (let i = 0; i < 3; i++) observed.producer()
  const waiting = async () =>
    (await valuesOf(metrics, 'kafka_request_queue_size')).find(
      ({ labels }) => labels['client'] === 'producer',
    )?.value
  tell(0, 'REQUEST_QUEUE_SIZE', { broker: 'a:1', queueSize: 4 })
  tell(0, 'REQUEST_QUEUE_SIZE', { broker: 'b:1', queueSize: 1 })
  tell(1, 'REQUEST_QUEUE_SIZE', { broker: 'a:1', queueSize: 2 })
  assert.equal(await waiting(), 7)
  tell(0, 'REQUEST_QUEUE_SIZE', { broker: 'a:1', queueSize: 3 })
  assert.equal(await waiting(), 6)
  tell(0, 'DISCONNECT', {})
  assert.equal(await waiting(), 2)
  for (const apiName of ['Produce', ...Array.from({ length: 100 }, (_, i) => `Api${i}`)])
    tell(2, 'REQUEST', { apiName, duration: 3 })
  tell(2, 'REQUEST_TIMEOUT', {})
  const asked = await valuesOf(metrics, 'kafka_request_duration_seconds')
  assert.equal(asked.length, before, 'every series was there, and none came')
  const of = (api: string) =>
    asked.find(({ labels }) => labels['client'] === 'producer' && labels['api'] === api)?.value
  assert.deepEqual([of('Produce'), of('other')], [1, 100])
  const [first] = clients
  for (let i = 0; i < 100; i++) observed.producer()
  assert.equal(first?.listenerCount(first.eventNames()[0] as string), 1)
})
