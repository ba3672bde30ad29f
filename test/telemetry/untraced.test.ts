import assert from 'node:assert/strict'
import { test } from 'node:test'
import { queryObjects } from 'node:v8'
import { pino } from 'pino'
import { openTracing } from '../../src/compose/tracing.ts'
import { parseConfig } from '../../src/config.ts'
import { holdKey } from '../../src/redis/keys.ts'
import { makeMetrics } from '../../src/telemetry/metrics.ts'
import { ask } from '../faults/client.ts'
import { until } from '../faults/proof.ts'
import { openService } from '../support/service.ts'
import { withoutPostgres, withoutRedis } from '../support/stores.ts'
import { openCollector } from './collector.ts'

const skip = withoutRedis || withoutPostgres

test('a request that is not chosen makes no span, from its first byte to the row in PostgreSQL', {
  skip,
}, async (t) => {
  const collector = await openCollector(t)
  const metrics = makeMetrics()
  const config = parseConfig({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    TRACES_SAMPLE_RATIO: '0',
    OTEL_BSP_SCHEDULE_DELAY: '20',
  })
  const tracing = await openTracing(config, 'all', metrics, pino({ level: 'silent' }))
  t.after(() => tracing.stop())
  const { tracer } = tracing
  assert.ok(tracer, 'traces are recorded here')
  const probe = tracer.startSpan('probe')
  // The class of every span that the SDK records.
  const Span = probe.constructor as new () => unknown
  const spans = () => queryObjects(Span, { format: 'count' }) as unknown as number

  const service = await openService(t, { tracing })
  const api = await service.api()
  const { event, zoneIds } = await service.event([1000])
  const reserve = (user: string, traceparent?: string) =>
    ask('POST', `${api}/api/v1/bookings/reserve`, {
      user,
      body: { event_id: event.id, zone_id: zoneIds[0], quantity: 1 },
      ...(traceparent !== undefined && { headers: { traceparent } }),
    })
  assert.equal((await reserve('traced', `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`)).status, 201)
  assert.ok(spans() > 1, 'this test sees spans')
  await service.persist()
  await until('they are sent', () => collector.spans.some(({ name }) => name === 'commit'))
  const before = spans()

  const begun: string[] = []
  const start = tracer.startSpan.bind(tracer)
  Object.assign(tracer, {
    startSpan(...args: Parameters<typeof start>) {
      begun.push(args[0])
      return start(...args)
    },
  })
  for (let i = 0; i < 50; i++) {
    const parent = i % 2 === 0 ? undefined : `00-${'c'.repeat(32)}-${'d'.repeat(16)}-00`
    assert.equal((await reserve(`guest-${i}`, parent)).status, 201)
  }
  await service.persist()
  assert.deepEqual(begun, [])
  // Fewer is well: what the first request's timers kept may be gone by now.
  assert.ok(spans() <= before)
})

test('a caller that asks for traces beyond the budget of a second gets none, and nothing behind it does', {
  skip,
}, async (t) => {
  const collector = await openCollector(t)
  const metrics = makeMetrics()
  const config = parseConfig({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    TRACES_MAX_PER_SECOND: '1',
    OTEL_BSP_SCHEDULE_DELAY: '20',
  })
  const tracing = await openTracing(config, 'all', metrics, pino({ level: 'silent' }))
  t.after(() => tracing.stop())
  const service = await openService(t, { tracing })
  const api = await service.api()
  const { event, zoneIds } = await service.event([1000])
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, i) =>
      ask('POST', `${api}/api/v1/bookings/reserve`, {
        user: `guest-${i}`,
        body: { event_id: event.id, zone_id: zoneIds[0], quantity: 1 },
        headers: { traceparent: `00-${String(i).padStart(32, 'e')}-${'b'.repeat(16)}-01` },
      }),
    ),
  )
  const traced = answers.filter(({ headers }) => headers.has('x-trace-id')).length
  const refused = (await metrics.tracesOverBudget.get()).values[0]?.value ?? 0
  assert.ok(traced >= 1)
  assert.equal(traced + refused, 100)
  const entries = await Promise.all(
    answers.map(({ body }) => service.stores.redis.run((redis) => redis.hget(holdKey(body.booking_id), 'x'))),
  )
  const sampled = entries.filter((context) => context?.slice(53, 55) === '01')
  assert.equal(sampled.length, traced)
  assert.equal(entries.filter((context) => context?.slice(53, 55) === '00').length, 100 - traced)
})
