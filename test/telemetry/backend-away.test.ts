import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pino } from 'pino'
import { openTracing } from '../../src/compose/tracing.ts'
import { type Environment, parseConfig } from '../../src/config.ts'
import { makeMetrics } from '../../src/telemetry/metrics.ts'
import { ask } from '../faults/client.ts'
import { until } from '../faults/proof.ts'
import type { Cleanup } from '../support/restartable.ts'
import { openService } from '../support/service.ts'
import { withoutPostgres, withoutRedis } from '../support/stores.ts'
import { openCollector } from './collector.ts'

const skip = withoutRedis || withoutPostgres
const QUEUE = 64
const BATCH = 16

async function openTraced(t: Cleanup, endpoint: string, env: Environment = {}) {
  const metrics = makeMetrics()
  const config = parseConfig({
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    TRACES_SAMPLE_RATIO: '1',
    TRACES_MAX_PER_SECOND: '1000000',
    OTEL_BSP_MAX_QUEUE_SIZE: String(QUEUE),
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE: String(BATCH),
    OTEL_BSP_SCHEDULE_DELAY: '10',
    ...env,
  })
  const tracing = await openTracing(config, 'all', metrics, pino({ level: 'silent' }))
  t.after(() => tracing.stop())
  const dropped = async (reason: string) =>
    (await metrics.droppedSpans.get()).values.find(({ labels }) => labels.reason === reason)?.value ?? 0
  const exported = async () => (await metrics.exportedSpans.get()).values[0]?.value ?? 0
  return { tracing, metrics, dropped, exported }
}

/** Three hundred buyers, three spans each at least. @returns the statuses that they got */
async function sell(t: Cleanup, traced: Awaited<ReturnType<typeof openTraced>>): Promise<number[]> {
  const service = await openService(t, { tracing: traced.tracing })
  const api = await service.api()
  const { event, zoneIds } = await service.event([1000])
  const statuses: number[] = []
  for (let i = 0; i < 300; i += 20) {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, j) =>
        ask('POST', `${api}/api/v1/bookings/reserve`, {
          user: `guest-${i + j}`,
          body: { event_id: event.id, zone_id: zoneIds[0], quantity: 1 },
        }),
      ),
    )
    statuses.push(...answers.map(({ status }) => status))
  }
  return statuses
}

test('a collector that never answers costs spans beyond the queue, and no buyer a word', {
  skip,
}, async (t) => {
  const collector = await openCollector(t)
  collector.behave('hang')
  const traced = await openTraced(t, collector.url)
  const statuses = await sell(t, traced)
  assert.deepEqual(new Set(statuses), new Set([201]))
  assert.equal(statuses.length, 300)
  assert.equal(await traced.exported(), 0)
  // Two spans a request at least; the queue and the batch that is under way are all that is kept.
  assert.ok((await traced.dropped('queue_full')) >= 600 - QUEUE - BATCH)
  assert.equal(collector.posts(), 1, 'one post is under way at a time')
})

test('a collector that refuses, or is not there, costs the spans that were sent', { skip }, async (t) => {
  const collector = await openCollector(t)
  collector.behave('refuse')
  for (const endpoint of [collector.url, 'http://127.0.0.1:9']) {
    const traced = await openTraced(t, endpoint, { OTEL_BSP_EXPORT_TIMEOUT: '200' })
    assert.deepEqual(new Set(await sell(t, traced)), new Set([201]))
    await until('they are counted', async () => (await traced.dropped('export_failed')) > 0)
    assert.equal(await traced.exported(), 0)
    await traced.tracing.stop()
  }
})

test('a collector that comes back gets what comes after', { skip }, async (t) => {
  const collector = await openCollector(t)
  collector.behave('refuse')
  const traced = await openTraced(t, collector.url)
  const tracer = traced.tracing.tracer
  assert.ok(tracer)
  tracer.startSpan('before').end()
  await until('it was refused', async () => (await traced.dropped('export_failed')) === 1)
  collector.behave('take')
  tracer.startSpan('after').end()
  await until('it was taken', async () => (await traced.exported()) === 1)
  assert.deepEqual(
    collector.spans.map(({ name }) => name),
    ['after'],
  )
})

test('what waits at a stop is sent, and a collector that hangs does not hold the stop for ever', {
  skip,
}, async (t) => {
  const collector = await openCollector(t)
  const traced = await openTraced(t, collector.url, { OTEL_BSP_SCHEDULE_DELAY: '600000' })
  traced.tracing.tracer?.startSpan('last').end()
  await traced.tracing.stop()
  assert.deepEqual(
    collector.spans.map(({ name }) => name),
    ['last'],
  )
  collector.behave('hang')
  const stuck = await openTraced(t, collector.url)
  stuck.tracing.tracer?.startSpan('lost').end()
  await stuck.tracing.stop()
})
