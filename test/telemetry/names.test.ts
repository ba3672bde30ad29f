import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeMetrics } from '../../src/telemetry/metrics.ts'
import { timed } from '../../src/telemetry/timed.ts'

/** What the design promises, and dashboards and alerts stand on: name and labels. */
const promised: Readonly<Record<string, string>> = {
  http_server_request_duration_seconds: 'method route status',
  http_server_active_requests: '',
  booking_reservations_total: 'outcome',
  booking_confirmations_total: 'outcome',
  booking_releases_total: 'reason',
  booking_time_to_confirm_seconds: '',
  booking_step_duration_seconds: 'step',
  inventory_seats: 'event zone state',
  inventory_drift_seats: 'store',
  inventory_audit_failures_total: '',
  queue_waiting_users: 'event',
  queue_oldest_wait_seconds: 'event',
  queue_joins_total: 'outcome',
  queue_released_total: '',
  queue_release_target: 'event',
  queue_active_passes: 'event',
  queue_wait_seconds: '',
  queue_streams: '',
  pg_pool_connections: 'state',
  pg_pool_max: '',
  pg_pool_waiting_requests: '',
  pg_pool_acquire_seconds: '',
  pg_query_duration_seconds: 'query',
  pg_pool_errors_total: '',
  redis_pool_connections: 'state',
  redis_commands_in_flight: '',
  redis_script_duration_seconds: 'script',
  redis_reconnects_total: '',
  wal_backlog_entries: 'partition',
  wal_lag_seconds: '',
  persister_batch_size: '',
  outbox_backlog_rows: '',
  outbox_lag_seconds: '',
  kafka_published_total: 'topic',
  kafka_publish_errors_total: '',
  kafka_consumer_lag: 'group topic',
  kafka_dlq_total: 'topic',
  telemetry_dropped_spans_total: 'reason',
  nodejs_eventloop_delay_seconds: 'quantile',
  nodejs_eventloop_utilization_ratio: '',
  nodejs_gc_duration_seconds: 'kind',
  nodejs_heap_space_used_bytes: 'space',
  process_resident_memory_bytes: '',
  process_memory_limit_bytes: '',
  nodejs_active_resources: 'type',
}

test('every series that the design names is there, with its labels', () => {
  const { registry } = makeMetrics()
  for (const [name, labels] of Object.entries(promised)) {
    const metric = registry.getSingleMetric(name) as unknown as { labelNames: string[] } | undefined
    assert.ok(metric, name)
    assert.deepEqual(metric.labelNames.filter((label) => label !== 'le').join(' '), labels, name)
  }
})

test('a step is measured whether it succeeds or throws, and answers as it would alone', async () => {
  const { stepDuration } = makeMetrics()
  const step = timed(stepDuration, 'confirm', async (n: number) => {
    if (n < 0) throw new Error('negative')
    return n + 1
  })
  assert.equal(await step(1), 2)
  await assert.rejects(step(-1), /negative/)
  const count = (await stepDuration.get()).values.find(
    ({ metricName }) => metricName === 'booking_step_duration_seconds_count',
  )
  assert.deepEqual([count?.labels, count?.value], [{ step: 'confirm' }, 2])
})
