import { Counter, Gauge, type Registry } from 'prom-client'
import { makeHotHistogram } from './hot-histogram.ts'
import { DURATION_BUCKETS } from './http-durations.ts'

/** Redis, as this process uses it. */
export function makeRedisMetrics(registers: Registry[]) {
  return {
    rebuilds: new Counter({
      name: 'redis_rebuilds_total',
      help: 'Times Redis was rebuilt from PostgreSQL before it sold again',
      registers,
    }),
    scriptDuration: makeHotHistogram({
      name: 'redis_script_duration_seconds',
      help: 'Round trip of a script',
      labelNames: ['script'],
      buckets: DURATION_BUCKETS,
      registers,
    }),
    redisInFlight: new Gauge({
      name: 'redis_commands_in_flight',
      help: 'Commands sent and not answered',
      aggregator: 'sum',
      registers,
    }),
    redisConnections: new Gauge({
      name: 'redis_pool_connections',
      help: 'Redis connections, by state',
      labelNames: ['state'] as const,
      aggregator: 'sum',
      registers,
    }),
    redisReconnects: new Counter({
      name: 'redis_reconnects_total',
      help: 'Redis connections made anew',
      registers,
    }),
  }
}
