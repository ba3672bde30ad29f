import { line, row } from './build/board.ts'
import { graph } from './build/graph.ts'
import { diagnosticsLink } from './build/links.ts'
import { max, of, quantile, rate, sum } from './build/promql.ts'
import { query } from './build/query.ts'
import { stat } from './build/stat.ts'
import { virtualQueue } from './virtual-queue.ts'

const inFlight = diagnosticsLink('What is in flight', '/debug/pprof/goroutine?debug=1')

export const poolsAndQueues = {
  uid: 'floodgate-pools',
  title: 'Floodgate / Pools and queues',
  description: 'Where requests wait: for a PostgreSQL connection, for Redis, and people for their turn.',
  rows: [
    row(
      'Now',
      line(
        4,
        stat({
          title: 'Pool in use',
          description:
            'Busy PostgreSQL connections of those that may be open, in the fullest process. Above 80 % for long: queries got slower, or the pool is too small.',
          width: 4,
          unit: 'percentunit',
          decimals: 0,
          queries: [
            query(
              `max(${sum(of('pg_pool_connections', 'state="busy"'), 'instance')} / ${sum(of('pg_pool_max'), 'instance')})`,
              'in use',
            ),
          ],
          limits: { warn: 0.8, bad: 1 },
        }),
        stat({
          title: 'Waiting for PostgreSQL',
          description: 'Callers without a connection, now. Any for long is an exhausted pool.',
          width: 4,
          unit: 'short',
          queries: [query(sum(of('pg_pool_waiting_requests')), 'waiting')],
          limits: { warn: 1, bad: 20 },
        }),
        stat({
          title: 'Redis commands in flight',
          description: 'Sent and not answered. Refused at REDIS_MAX_IN_FLIGHT (10 000) a process.',
          width: 4,
          unit: 'short',
          queries: [query(sum(of('redis_commands_in_flight')), 'in flight')],
          limits: { warn: 1000, bad: 8000 },
        }),
        stat({
          title: 'People waiting',
          description:
            'In the queues of all events together. They go down by the rate at which people are let in.',
          width: 4,
          unit: 'short',
          queries: [query(sum(max(of('queue_waiting_users'), 'event')), 'people')],
          noValue: 'no queue',
        }),
        stat({
          title: 'Let in',
          description: 'People a second, all events. Compare with the target of the graph below.',
          width: 4,
          unit: 'short',
          queries: [query(sum(rate(of('queue_released_total'))), 'let in')],
        }),
        stat({
          title: 'Open streams',
          description: 'Streams of positions; a process keeps at most QUEUE_STREAMS_MAX (50 000).',
          width: 4,
          unit: 'short',
          queries: [query(sum(of('queue_streams')), 'streams')],
          limits: { warn: 30_000, bad: 45_000 },
        }),
      ),
    ),
    row(
      'PostgreSQL',
      line(
        8,
        graph({
          title: 'Connections',
          description:
            'Busy and idle, against the most that may be open (dashed in the legend as "most"). Busy at the most, together with waiting callers, is exhaustion.',
          width: 8,
          unit: 'short',
          queries: [
            query(sum(of('pg_pool_connections'), 'state'), '{{state}}'),
            query(sum(of('pg_pool_max')), 'most'),
            query(sum(of('pg_pool_waiting_requests')), 'waiting callers'),
          ],
          links: [inFlight],
        }),
        graph({
          title: 'Waiting for a connection',
          description:
            'How long it takes to get one. Microseconds while some are idle; whatever is above that is time that a request spent doing nothing.',
          width: 8,
          unit: 's',
          queries: [
            query(quantile(0.5, 'pg_pool_acquire_seconds'), 'p50'),
            query(quantile(0.99, 'pg_pool_acquire_seconds'), 'p99'),
          ],
          limits: { warn: 0.05, bad: 0.1 },
          traces: { slowerThan: '100ms' },
          links: [inFlight],
        }),
        graph({
          title: 'Queries, p99 by name',
          description:
            'Each statement has a name. Statements of requests end after 2 s, those of the background after 60 s.',
          width: 8,
          unit: 's',
          legend: 'right',
          queries: [query(quantile(0.99, 'pg_query_duration_seconds', ['query']), '{{query}}')],
          traces: { slowerThan: '100ms' },
        }),
      ),
      line(
        7,
        graph({
          title: 'Queries a second, by name',
          description:
            'What PostgreSQL is asked. A name that grows faster than the requests is a query in a loop.',
          width: 16,
          unit: 'ops',
          legend: 'right',
          queries: [query(sum(rate(of('pg_query_duration_seconds_count')), 'query'), '{{query}}')],
        }),
        graph({
          title: 'Broken connections',
          description:
            'Idle connections that broke, a second: PostgreSQL restarted, or the network cut them.',
          width: 8,
          unit: 'ops',
          queries: [query(sum(rate(of('pg_pool_errors_total')), 'instance'), '{{instance}}')],
          limits: { bad: 0.1 },
        }),
      ),
    ),
    row(
      'Redis',
      line(
        8,
        graph({
          title: 'Scripts, p99 by name',
          description:
            'Round trips. A request’s script is given up after 100 ms. All of them slow: Redis or its machine; one of them: its work grew.',
          width: 8,
          unit: 's',
          legend: 'right',
          queries: [query(quantile(0.99, 'redis_script_duration_seconds', ['script']), '{{script}}')],
          limits: { bad: 0.1 },
          traces: { slowerThan: '50ms' },
        }),
        graph({
          title: 'Scripts a second, by name',
          description:
            'What Redis does. One core does it all for one event: the sum of rate and time is its ceiling.',
          width: 8,
          unit: 'ops',
          legend: 'right',
          queries: [query(sum(rate(of('redis_script_duration_seconds_count')), 'script'), '{{script}}')],
        }),
        graph({
          title: 'In flight and connections',
          description:
            'Commands without an answer, by process, and connections by state. In flight climbs when Redis is slower than it is asked.',
          width: 8,
          unit: 'short',
          queries: [
            query(sum(of('redis_commands_in_flight'), 'instance'), 'in flight {{instance}}'),
            query(sum(of('redis_pool_connections'), 'state'), 'connections, {{state}}'),
          ],
          links: [inFlight],
        }),
      ),
      line(
        6,
        graph({
          title: 'Reconnects',
          description: 'Connections made anew, a second: Redis restarted, or the network cut them.',
          width: 12,
          unit: 'ops',
          queries: [query(sum(rate(of('redis_reconnects_total')), 'instance'), '{{instance}}')],
        }),
        graph({
          title: 'Rebuilds',
          description:
            'Times Redis had forgotten and was rebuilt from PostgreSQL before it sold again. Each is a restart or a promoted replica; holds of its last second may be gone.',
          width: 12,
          unit: 'short',
          queries: [query(sum(of('redis_rebuilds_total')), 'since the processes started')],
        }),
      ),
    ),
    virtualQueue(),
  ],
}
