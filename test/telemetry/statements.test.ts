import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeMetrics } from '../../src/telemetry/metrics.ts'
import { MAX_QUERIES, makePostgresObserver } from '../../src/telemetry/observe-postgres.ts'
import { untraced } from '../../src/telemetry/tracing/tracing.ts'

test('names of statements that were made of data end in one series, and nothing is kept of them', async (t) => {
  const metrics = makeMetrics()
  const resolved = t.mock.method(metrics.pgQuery, 'labels')
  const observer = makePostgresObserver(metrics, untraced, 'postgres://localhost/floodgate')
  for (let i = 0; i < 10_000; i++) observer.querying(`find_${i}`, 'SELECT 1')(null)
  observer.querying('find_0', 'SELECT 1')(null)
  const counts = new Map(
    (await metrics.pgQuery.get()).values
      .filter(({ metricName }) => metricName === 'pg_query_duration_seconds_count')
      .map(({ labels, value }) => [labels.query, value]),
  )
  assert.equal(counts.size, MAX_QUERIES + 1)
  assert.equal(counts.get('find_0'), 2)
  assert.equal(counts.get('other'), 10_000 - MAX_QUERIES)
  assert.equal(
    resolved.mock.callCount(),
    MAX_QUERIES + 1,
    'each that is told apart once, and the others together',
  )
})
