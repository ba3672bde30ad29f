import { line, type Row, row } from './build/board.ts'
import { graph } from './build/graph.ts'
import { diagnosticsLink } from './build/links.ts'
import { k6, max, of, quantile, rate, sum } from './build/promql.ts'
import { query } from './build/query.ts'

/** A k6 run and what the service does meanwhile. */
export function sideBySide(): Row {
  return row(
    'The run and the service side by side',
    line(
      8,
      graph({
        title: 'k6: users and iterations',
        description:
          'Users that k6 has ready, and iterations a second. Users that climb at a steady rate mean that answers take longer and longer.',
        width: 8,
        unit: 'short',
        queries: [
          query(sum(k6('k6_vus')), 'users'),
          query(sum(rate(k6('k6_iterations_total'))), 'iterations/s'),
        ],
        right: { names: 'iterations/s', unit: 'reqps' },
        noValue: 'no k6 run writes here',
      }),
      graph({
        title: 'Event loop: delay and use',
        description:
          'How late the loop of the busiest process is (p99), and how much of its time it works. Delay above some 20 ms eats into the limits; use near 100 % is the ceiling of a process.',
        width: 8,
        unit: 's',
        queries: [
          query(max(of('nodejs_eventloop_delay_seconds', 'quantile="0.99"')), 'delay, p99'),
          query(max(of('nodejs_eventloop_utilization_ratio')), 'use'),
        ],
        right: { names: 'use', unit: 'percentunit' },
        links: [diagnosticsLink('CPU profile, 10 s', '/debug/pprof/profile?seconds=10&format=html')],
      }),
      graph({
        title: 'CPU',
        description:
          'Cores in use by each process of the service. 1 is all that one JavaScript thread can have.',
        width: 8,
        unit: 'short',
        queries: [
          query(sum(rate(of('process_cpu_seconds_total')), 'instance', 'worker'), '{{instance}} {{worker}}'),
        ],
        links: [diagnosticsLink('CPU profile, 10 s', '/debug/pprof/profile?seconds=10&format=html')],
      }),
    ),
    line(
      8,
      graph({
        title: 'Behind the answers: backlogs',
        description:
          'Reservations that PostgreSQL does not have yet, and events that Kafka does not have. They must stay bounded during a run and drain after it.',
        width: 8,
        unit: 'short',
        queries: [
          query(sum(max(of('wal_backlog_entries'), 'partition')), 'write-ahead entries'),
          query(max(of('outbox_backlog_rows')), 'outbox rows'),
        ],
      }),
      graph({
        title: 'reserve.lua',
        description:
          'Round trip of the one Redis script behind a reservation. Its p99 is the floor of the p99 above; where it rises with the rate, Redis is the ceiling.',
        width: 8,
        unit: 's',
        queries: [
          query(quantile(0.5, 'redis_script_duration_seconds', [], 'script="reserve"'), 'p50'),
          query(quantile(0.99, 'redis_script_duration_seconds', [], 'script="reserve"'), 'p99'),
        ],
        traces: { slowerThan: '50ms' },
      }),
      graph({
        title: 'Shed, and refused for want of room',
        description:
          'Requests refused before any work was done, by reason. In a check nothing may be shed: the target is within what the service takes.',
        width: 8,
        unit: 'reqps',
        stacked: true,
        queries: [query(sum(rate(of('http_shed_total')), 'reason'), '{{reason}}')],
      }),
    ),
  )
}
