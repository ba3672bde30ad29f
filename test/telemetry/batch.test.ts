import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pino } from 'pino'
import { openTracing } from '../../src/compose/tracing.ts'
import { parseConfig } from '../../src/config.ts'
import { makeMetrics } from '../../src/telemetry/metrics.ts'
import { ask } from '../faults/client.ts'
import { until } from '../faults/proof.ts'
import { openService } from '../support/service.ts'
import { withoutPostgres, withoutRedis } from '../support/stores.ts'
import { openCollector } from './collector.ts'

const skip = withoutRedis || withoutPostgres

test('a batch is in the trace of its first traced reservation, links to every traced one and to no other, and keeps 128 links', {
  skip,
}, async (t) => {
  const collector = await openCollector(t)
  const config = parseConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '20' })
  const tracing = await openTracing(config, 'all', makeMetrics(), pino({ level: 'silent' }))
  t.after(() => tracing.stop())
  const service = await openService(t, { tracing })
  const api = await service.api()
  const { event, zoneIds } = await service.event([1000])
  const reserve = (i: number, flag: '00' | '01') =>
    ask('POST', `${api}/api/v1/bookings/reserve`, {
      user: `guest-${i}`,
      body: { event_id: event.id, zone_id: zoneIds[0], quantity: 1 },
      headers: { traceparent: `00-${String(i + 1).padStart(32, '0')}-${'b'.repeat(16)}-${flag}` },
    })
  for (let i = 0; i < 140; i++)
    assert.equal((await reserve(i, i % 10 === 0 && i < 30 ? '00' : '01')).status, 201)
  await service.persist()

  const wal = () => collector.spans.find(({ name }) => name === 'process wal')
  await until('the batch was sent', () => wal() !== undefined)
  const scripts = new Map(
    collector.spans
      .filter(({ name }) => name === 'EVALSHA reserve')
      .map((span) => [span.spanId, span.traceId]),
  )
  const batch = wal()
  assert.ok(batch)
  assert.equal(batch.traceId, String(2).padStart(32, '0'), 'the first that is traced is the second')
  assert.equal(scripts.get(batch.parentSpanId), batch.traceId)
  assert.equal(batch.attributes['messaging.batch.message_count'], 140)
  assert.equal(batch.links.length, 128)
  for (const link of batch.links) assert.equal(scripts.get(link.spanId), link.traceId)
  assert.equal(new Set(batch.links.map(({ traceId }) => traceId)).size, 128)
})
