import { Counter, Gauge, type Registry } from 'prom-client'
import { makeHotHistogram } from './hot-histogram.ts'
import { DURATION_BUCKETS, HTTP_DURATION } from './http-durations.ts'

/** Requests, as their callers see them. */
export function makeHttpMetrics(registers: Registry[]) {
  return {
    httpDuration: makeHotHistogram({
      name: HTTP_DURATION,
      help: 'Time from the first byte of a request to the last byte of its answer',
      labelNames: ['method', 'route', 'status'],
      buckets: DURATION_BUCKETS,
      registers,
    }),
    httpActive: new Gauge({
      name: 'http_server_active_requests',
      help: 'Requests under way, streams and probes aside',
      aggregator: 'sum',
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
      aggregator: 'max',
      registers,
    }),
  }
}
