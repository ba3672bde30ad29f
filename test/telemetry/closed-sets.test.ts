import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pino } from 'pino'
import { initialiseSeries } from '../../src/compose/initial-series.ts'
import { composeService } from '../../src/compose.ts'
import { parseConfig } from '../../src/config.ts'
import { type Metrics, makeMetrics } from '../../src/telemetry/metrics.ts'
import { openDatabase, openRedis, withoutPostgres, withoutRedis } from '../support/stores.ts'

/** Labels that come from the catalogue, from money, or from what is asked for: they begin with their first value. */
const OPEN = [
  'booking_refunded_minor_total',
  'booking_revenue_minor_total',
  'http_server_request_duration_seconds',
  'inventory_seats',
  'pg_query_duration_seconds',
  'queue_active_passes',
  'queue_oldest_wait_seconds',
  'queue_paused',
  'queue_release_target',
  'queue_waiting_users',
]
/** Not of the background work: of the API's streams, and of what sends traces. */
const BESIDE = ['queue-streams', 'queue-beat', 'trace-export']
/** They do nothing but start and stop. */
const NEVER_FAIL = ['tracing', 'stores', 'diagnostics', 'publishers', 'consumer-clients', 'api']

async function labelsOf(metrics: Metrics, name: string, label: string): Promise<string[]> {
  const families = await metrics.registry.getMetricsAsJSON()
  const values = (families.find((one) => one.name === name)?.values ?? []) as {
    labels: Record<string, string>
  }[]
  return [...new Set(values.map(({ labels }) => String(labels[label])))].sort()
}

test('outcomes and reasons have their series before the first of them', async () => {
  const metrics = makeMetrics()
  initialiseSeries(metrics)
  assert.deepEqual(await labelsOf(metrics, 'booking_releases_total', 'reason'), [
    ...['cancelled', 'event_cancelled', 'expired', 'payment_declined', 'refunded'],
  ])
  for (const name of ['booking_reservations_total', 'booking_confirmations_total', 'queue_joins_total'])
    assert.ok((await labelsOf(metrics, name, 'outcome')).includes('fault'), name)
  const families = await metrics.registry.getMetricsAsJSON()
  const values = families.flatMap((family) => (family.values ?? []) as { value: number }[])
  assert.ok(values.length > 500)
  assert.ok(
    values.every(({ value }) => value === 0),
    'nothing has happened yet',
  )
})

test('a service that was just composed shows every series of a closed set, and one for each part that may fail', {
  skip: withoutRedis || withoutPostgres,
}, async (t) => {
  const [redis, database] = await Promise.all([openRedis(t), openDatabase(t)])
  const config = parseConfig({
    NODE_ENV: 'test',
    REDIS_URL: redis.url,
    DATABASE_URL: database.url,
    PORT: '0',
    KAFKA_BROKERS: '127.0.0.1:9',
    NOTIFICATIONS: 'webhook',
    NOTIFICATION_WEBHOOK_URL: 'http://127.0.0.1:9/',
  })
  const metrics = makeMetrics()
  const { parts } = await composeService(config, 'all', metrics, pino({ level: 'silent' }))
  t.after(async () => {
    for (const name of ['stores', 'tracing']) await parts.find((part) => part.name === name)?.stop()
  })

  const workers = parts.map(({ name }) => name).filter((name) => !NEVER_FAIL.includes(name))
  assert.deepEqual(
    await labelsOf(metrics, 'worker_errors_total', 'worker'),
    [...workers, ...BESIDE].sort(),
    'a part that may fail is missing in compose/initial-series.ts, or one is there that is none',
  )
  // Of the process: filled from the start of the diagnostics on, see runtime.test.ts.
  const isRuntime = (name: string) => /^(nodejs|process)_/.test(name)
  const families = await metrics.registry.getMetricsAsJSON()
  const without = families.filter(({ name, values }) => !isRuntime(name) && (values ?? []).length === 0)
  assert.deepEqual(without.map(({ name }) => name).sort(), OPEN)
})
