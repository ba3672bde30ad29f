import { line, type Row, row } from './build/board.ts'
import { graph } from './build/graph.ts'
import { max, of, quantile, rate, sum } from './build/promql.ts'
import { query } from './build/query.ts'

/** How people come from joining to their pass, and what holds them back. */
export function virtualQueue(): Row {
  return row(
    'The virtual queue',
    line(
      8,
      graph({
        title: 'Let in against the target',
        description:
          'People let in a second, and the rate that the events are set to together. Below it with people waiting: see "Why nobody is let in".',
        width: 8,
        unit: 'short',
        queries: [
          query(sum(rate(of('queue_released_total'))), 'let in'),
          query(sum(max(of('queue_release_target'), 'event')), 'target'),
        ],
      }),
      graph({
        title: 'People waiting, by event',
        description:
          'How long each queue is. It falls by the rate at which people are let in, and by those who left.',
        width: 8,
        unit: 'short',
        queries: [query(max(of('queue_waiting_users'), 'event'), '{{event}}')],
        noValue: 'no queue',
      }),
      graph({
        title: 'Waiting times',
        description:
          'Of those who were let in (p50, p95), and of the person at the front of each queue now. The front should not wait longer than those behind it did.',
        width: 8,
        unit: 's',
        queries: [
          query(quantile(0.5, 'queue_wait_seconds'), 'p50'),
          query(quantile(0.95, 'queue_wait_seconds'), 'p95'),
          query(max(of('queue_oldest_wait_seconds'), 'event'), 'at the front, {{event}}'),
        ],
        noValue: 'nobody was let in',
      }),
    ),
    line(
      8,
      graph({
        title: 'Joins, by outcome',
        description:
          'What people who asked for a place got. "full" and "closed" are people who were sent away.',
        width: 6,
        unit: 'ops',
        stacked: true,
        queries: [query(sum(rate(of('queue_joins_total')), 'outcome'), '{{outcome}}')],
        noValue: 'nobody joined',
      }),
      graph({
        title: 'Why nobody is let in',
        description:
          '1 for each reason that holds a queue back: organizer, backlog (PostgreSQL is behind), load, not_on_sale, draw, cap (too many passes out).',
        width: 6,
        unit: 'none',
        max: 1,
        queries: [query(max(of('queue_paused'), 'event', 'reason'), '{{reason}}, {{event}}')],
        noValue: 'no queue',
      }),
      graph({
        title: 'Passes that are valid and not used',
        description:
          'People let in who have not booked. A pass lives five minutes; many unused ones mean seats nobody takes.',
        width: 6,
        unit: 'short',
        queries: [
          query(max(of('queue_active_passes'), 'event'), '{{event}}'),
          query(sum(rate(of('queue_passed_over_total'))), 'passed over/s'),
        ],
        noValue: 'no queue',
      }),
      graph({
        title: 'Streams',
        description:
          'Time to tell all streams of a process where they stand (p99; it must stay below the tick of a second), and streams dropped because their reader was too slow.',
        width: 6,
        unit: 's',
        queries: [
          query(quantile(0.99, 'queue_stream_tick_seconds'), 'tick, p99'),
          query(sum(rate(of('queue_streams_dropped_total'))), 'dropped/s'),
        ],
        limits: { bad: 1 },
        right: { names: 'dropped/s', unit: 'ops' },
        noValue: 'no stream',
      }),
    ),
  )
}
