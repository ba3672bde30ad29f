import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { DURATION_BUCKETS } from './http-durations.ts'

/** PostgreSQL, as this process uses it. */
export function makePostgresMetrics(registers: Registry[]) {
  return {
    pgConnections: new Gauge({
      name: 'pg_pool_connections',
      help: 'PostgreSQL connections, by state',
      labelNames: ['state'] as const,
      aggregator: 'sum',
      registers,
    }),
    pgMax: new Gauge({
      name: 'pg_pool_max',
      help: 'PostgreSQL connections that may be open',
      aggregator: 'sum',
      registers,
    }),
    pgWaiting: new Gauge({
      name: 'pg_pool_waiting_requests',
      help: 'Callers that wait for a connection',
      aggregator: 'sum',
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
  }
}
