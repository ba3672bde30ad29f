import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { makeExemplars } from './exemplars.ts'
import { DURATION_BUCKETS, HTTP_DURATION } from './http-durations.ts'
import { makePipelineMetrics } from './pipeline-metrics.ts'
import { makeQueueMetrics } from './queue-metrics.ts'
import { makeSelfMetrics } from './self-metrics.ts'

export type Metrics = ReturnType<typeof makeMetrics>

/** Every metric of the service, by the name that dashboards and alerts use. Label values come from closed sets. */
export function makeMetrics() {
  const registry = new Registry()
  const registers = [registry]
  return {
    registry,
    exemplars: makeExemplars(),
    ...makeQueueMetrics(registers),
    ...makePipelineMetrics(registers),
    ...makeSelfMetrics(registers),
    httpDuration: new Histogram({
      name: HTTP_DURATION,
      help: 'Time from the first byte of a request to the last byte of its answer',
      labelNames: ['method', 'route', 'status'] as const,
      buckets: DURATION_BUCKETS,
      registers,
    }),
    httpActive: new Gauge({
      name: 'http_server_active_requests',
      help: 'Requests under way, streams and probes aside',
      registers,
    }),
    httpRemarkable: new Counter({
      name: 'http_remarkable_requests_total',
      help: 'Requests that took over a second or failed, and whether they were traced',
      labelNames: ['reason', 'sampled'] as const,
      registers,
    }),
    httpShed: new Counter({
      name: 'http_shed_total',
      help: 'Requests refused before any work was done for them, by reason',
      labelNames: ['reason'] as const,
      registers,
    }),
    loopDelay: new Gauge({
      name: 'event_loop_standing_delay_seconds',
      help: 'How late the event loop was at the best of its last three looks: what requests are shed for',
      registers,
    }),
    reservations: new Counter({
      name: 'booking_reservations_total',
      help: 'Reservations asked for, by outcome',
      labelNames: ['outcome'] as const,
      registers,
    }),
    confirmations: new Counter({
      name: 'booking_confirmations_total',
      help: 'Confirmations asked for, by outcome',
      labelNames: ['outcome'] as const,
      registers,
    }),
    releases: new Counter({
      name: 'booking_releases_total',
      help: 'Bookings that gave their seats back, by reason',
      labelNames: ['reason'] as const,
      registers,
    }),
    payments: new Counter({
      name: 'payments_total',
      help: 'Payments begun and ended, by outcome',
      labelNames: ['outcome'] as const,
      registers,
    }),
    paymentWebhooks: new Counter({
      name: 'payment_webhooks_total',
      help: 'Webhooks of the payment provider, by what became of them',
      labelNames: ['outcome'] as const,
      registers,
    }),
    paymentRefunds: new Counter({
      name: 'payment_refunds_total',
      help: 'Payments that were given back',
      registers,
    }),
    oversold: new Counter({
      name: 'booking_oversold_total',
      help: 'Confirmations that the capacity check refused; each is refunded and should wake somebody',
      registers,
    }),
    drift: new Gauge({
      name: 'inventory_drift_seats',
      help: 'Seats by which the invariants were missed in the last look; moves while seats are sold',
      labelNames: ['store'] as const,
      registers,
    }),
    auditFailures: new Counter({
      name: 'inventory_audit_failures_total',
      help: 'Looks that found the same fault for the third time in a row',
      registers,
    }),
    rebuilds: new Counter({
      name: 'redis_rebuilds_total',
      help: 'Times Redis was rebuilt from PostgreSQL before it sold again',
      registers,
    }),
    scriptDuration: new Histogram({
      name: 'redis_script_duration_seconds',
      help: 'Round trip of a script',
      labelNames: ['script'] as const,
      buckets: DURATION_BUCKETS,
      registers,
    }),
    redisInFlight: new Gauge({
      name: 'redis_commands_in_flight',
      help: 'Commands sent and not answered',
      registers,
    }),
    redisConnections: new Gauge({
      name: 'redis_pool_connections',
      help: 'Redis connections, by state',
      labelNames: ['state'] as const,
      registers,
    }),
    redisReconnects: new Counter({
      name: 'redis_reconnects_total',
      help: 'Redis connections made anew',
      registers,
    }),
    pgConnections: new Gauge({
      name: 'pg_pool_connections',
      help: 'PostgreSQL connections, by state',
      labelNames: ['state'] as const,
      registers,
    }),
    pgMax: new Gauge({
      name: 'pg_pool_max',
      help: 'PostgreSQL connections that may be open',
      registers,
    }),
    pgWaiting: new Gauge({
      name: 'pg_pool_waiting_requests',
      help: 'Callers that wait for a connection',
      registers,
    }),
    pgAcquire: new Histogram({
      name: 'pg_pool_acquire_seconds',
      help: 'Time that a caller waited for a connection',
      buckets: DURATION_BUCKETS,
      registers,
    }),
    pgQuery: new Histogram({
      name: 'pg_query_duration_seconds',
      help: 'Round trip of a statement, by its name',
      labelNames: ['query'] as const,
      buckets: DURATION_BUCKETS,
      registers,
    }),
    pgErrors: new Counter({
      name: 'pg_pool_errors_total',
      help: 'Idle connections that broke',
      registers,
    }),
    notifications: new Counter({
      name: 'notifications_total',
      help: 'Notices to buyers, by outcome',
      labelNames: ['outcome'] as const,
      registers,
    }),
    workerErrors: new Counter({
      name: 'worker_errors_total',
      help: 'Steps of background work that failed and were tried again',
      labelNames: ['worker'] as const,
      registers,
    }),
  }
}
