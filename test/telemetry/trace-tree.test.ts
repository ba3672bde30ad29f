import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { ask, createEvents } from '../faults/client.ts'
import { startService } from '../faults/process.ts'
import { until } from '../faults/proof.ts'
import {
  openDatabase,
  openKafka,
  openRedis,
  withoutKafka,
  withoutPostgres,
  withoutRedis,
} from '../support/stores.ts'
import { openCollector, type ReceivedSpan } from './collector.ts'

const skip = withoutRedis || withoutPostgres || withoutKafka
const CALLER = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' }

test('one trace leads from the caller through HTTP, Redis, the stream, the batch in PostgreSQL, Kafka and its consumer to the next service', {
  skip,
}, async (t) => {
  const [redis, database, collector] = await Promise.all([openRedis(t), openDatabase(t), openCollector(t)])
  const kafka = openKafka(t)
  const told: IncomingHttpHeaders[] = []
  const receiver = createServer((request, response) => {
    told.push(request.headers)
    request.resume()
    response.writeHead(204).end()
  })
  receiver.listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  t.after(async () => {
    receiver.closeAllConnections()
    receiver.close()
  })
  const prefix = kafka.topic('')
  const service = await startService(
    t,
    'all',
    { redisUrl: redis.url, databaseUrl: database.url, kafkaBrokers: kafka.brokers, topicPrefix: prefix },
    {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_BSP_SCHEDULE_DELAY: '50',
      TRACES_SAMPLE_RATIO: '0',
      NOTIFICATIONS: 'webhook',
      NOTIFICATION_WEBHOOK_URL: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/tell`,
    },
  )
  const [sale] = await createEvents(service.api, 1, 10)
  const traceparent = `00-${CALLER.traceId}-${CALLER.spanId}-01`
  const reserve = await ask('POST', `${service.api}/api/v1/bookings/reserve`, {
    user: 'ada',
    body: { event_id: sale?.eventId, zone_id: sale?.zoneId, quantity: 1 },
    headers: { traceparent, tracestate: 'vendor=abc' },
  })
  assert.equal(reserve.status, 201)
  const bookingId = reserve.body['booking_id'] as string
  // Not traced: its own trace would otherwise be a second one beside the one that is looked at.
  const intent = await ask('POST', `${service.api}/api/v1/payments/intents`, {
    user: 'ada',
    body: { booking_id: bookingId },
  })
  assert.equal(intent.status, 201)
  assert.equal(intent.headers.get('x-trace-id'), null, 'who is not traced is told of no trace')

  const find = (name: string, where: (span: ReceivedSpan) => boolean = () => true) =>
    collector.spans.find((span) => span.name === name && span.traceId === CALLER.traceId && where(span))
  const isOf = (type: string) => (span: ReceivedSpan) => span.attributes['floodgate.event.type'] === type
  await until('the buyer was told', () => told.length === 1)
  await until('the last span has arrived', () =>
    ['POST', 'process wal', `process ${prefix}booking-events`].every((name) => find(name) !== undefined),
  )

  const http = find('POST /api/v1/bookings/reserve')
  assert.ok(http)
  assert.equal(http.parentSpanId, CALLER.spanId)
  assert.equal(http.kind, 'SERVER')
  assert.equal(http.traceState, 'vendor=abc')
  assert.equal(reserve.headers.get('x-trace-id'), CALLER.traceId)
  assert.equal(reserve.headers.get('traceparent'), `00-${CALLER.traceId}-${http.spanId}-01`)
  assert.deepEqual(
    pick(http, ['http.request.method', 'http.route', 'url.path', 'http.response.status_code', 'user.id']),
    {
      'http.request.method': 'POST',
      'http.route': '/api/v1/bookings/reserve',
      'url.path': '/api/v1/bookings/reserve',
      'http.response.status_code': 201,
      'user.id': 'ada',
    },
  )
  assert.equal(http.resource['service.name'], 'floodgate')

  const script = find('EVALSHA reserve')
  assert.ok(script)
  assert.equal(script.parentSpanId, http.spanId)
  assert.equal(script.kind, 'CLIENT')
  assert.deepEqual(
    pick(script, ['db.system.name', 'db.operation.name', 'db.stored_procedure.name', 'floodgate.booking.id']),
    {
      'db.system.name': 'redis',
      'db.operation.name': 'EVALSHA',
      'db.stored_procedure.name': 'reserve',
      'floodgate.booking.id': bookingId,
    },
  )
  const itself = [{ traceId: CALLER.traceId, spanId: script.spanId }]

  const batch = find('process wal')
  assert.ok(batch)
  assert.equal(batch.parentSpanId, script.spanId)
  assert.equal(batch.kind, 'CONSUMER')
  assert.deepEqual(batch.links, itself)
  assert.equal(batch.attributes['messaging.batch.message_count'], 1)
  const statements = collector.spans.filter((span) => span.parentSpanId === batch.spanId)
  assert.deepEqual(
    statements.map(({ name, kind }) => `${kind} ${name}`),
    ['savepoint', 'insert_bookings', 'release', 'advance_cursor', 'commit'].map((name) => `CLIENT ${name}`),
  )
  assert.equal(statements[1]?.attributes['db.system.name'], 'postgresql')
  assert.match(String(statements[1]?.attributes['db.query.text']), /INSERT INTO bookings/)

  const sent = collector.spans.filter((span) => span.name === `send ${prefix}booking-events`)
  assert.equal(sent.length, 2, 'reserved and confirmed')
  for (const span of sent) {
    assert.equal(span.parentSpanId, script.spanId)
    assert.equal(span.kind, 'PRODUCER')
    assert.deepEqual(
      pick(span, ['messaging.system', 'messaging.operation.type', 'messaging.kafka.message.key']),
      {
        'messaging.system': 'kafka',
        'messaging.operation.type': 'send',
        'messaging.kafka.message.key': bookingId,
      },
    )
  }

  const ending = find('commit endings')
  assert.ok(ending)
  assert.deepEqual(ending.links, itself)
  assert.ok(
    collector.spans.some(
      ({ parentSpanId, name }) => parentSpanId === ending.spanId && name === 'end_bookings',
    ),
  )

  const processed = find(`process ${prefix}booking-events`, isOf('booking.confirmed'))
  assert.ok(processed)
  assert.equal(processed.kind, 'CONSUMER')
  assert.equal(processed.attributes['messaging.consumer.group.name'], `${prefix}floodgate-notifications`)
  const producer = sent.find(({ spanId }) => spanId === processed.parentSpanId)
  assert.ok(producer, 'it continues the message')
  assert.deepEqual(processed.links, [{ traceId: CALLER.traceId, spanId: producer.spanId }])
  assert.equal(producer.attributes['messaging.message.id'], processed.attributes['messaging.message.id'])

  const call = find('POST')
  assert.ok(call)
  assert.equal(call.parentSpanId, processed.spanId)
  assert.equal(call.kind, 'CLIENT')
  assert.equal(told[0]?.['traceparent'], `00-${CALLER.traceId}-${call.spanId}-01`)
  assert.equal(told[0]?.['tracestate'], 'vendor=abc')

  assert.deepEqual(
    collector.spans.filter(({ traceId }) => traceId !== CALLER.traceId).map(({ name }) => name),
    [],
    'what was not traced left no span',
  )
  const page = await fetch(`${service.diagnostics}/metrics`, {
    headers: { accept: 'application/openmetrics-text; version=1.0.0' },
  })
  const exemplars = (await page.text()).split('\n').filter((line) => line.includes('# {trace_id='))
  assert.ok(exemplars.length > 0)
  for (const line of exemplars) {
    assert.match(
      line,
      /^http_server_request_duration_seconds_bucket\{.*route="\/api\/v1\/bookings\/reserve".*status="201".*\}/,
    )
    assert.ok(line.includes(`{trace_id="${CALLER.traceId}"}`))
  }
  assert.equal(await service.metric('telemetry_dropped_spans_total{reason="queue_full"}'), 0)
  assert.ok((await service.metric('telemetry_exported_spans_total')) >= 10)
  assert.equal(await service.end('SIGTERM'), 0)
})

function pick(span: ReceivedSpan, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, span.attributes[name]]))
}
