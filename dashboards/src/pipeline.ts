import { line, row } from './build/board.ts'
import { graph } from './build/graph.ts'
import { diagnosticsLink } from './build/links.ts'
import { max, mean, of, quantile, rate, sum } from './build/promql.ts'
import { query } from './build/query.ts'
import { stat } from './build/stat.ts'

export const pipeline = {
  uid: 'floodgate-pipeline',
  title: 'Floodgate / Pipeline',
  description:
    'What flows behind the answers: reservations from Redis into PostgreSQL, events from the outbox through Kafka to the consumers.',
  rows: [
    row(
      'Now',
      line(
        4,
        stat({
          title: 'Not in PostgreSQL yet',
          description:
            'Reservations in the write-ahead streams, all partitions. At 50 000 in one partition its queues let nobody more in; at 200 000 reservations are refused.',
          width: 4,
          unit: 'short',
          queries: [query(sum(max(of('wal_backlog_entries'), 'partition')), 'entries')],
          limits: { warn: 10_000, bad: 50_000 },
        }),
        stat({
          title: 'How far behind',
          description: 'Age of the oldest of them. Some tens of milliseconds while all is well.',
          width: 4,
          unit: 's',
          queries: [query(max(of('wal_lag_seconds')), 'lag')],
          limits: { warn: 1, bad: 30 },
        }),
        stat({
          title: 'Not in Kafka yet',
          description: 'Events in the outbox. They wait there while Kafka is away, and drain in order.',
          width: 4,
          unit: 'short',
          queries: [query(max(of('outbox_backlog_rows')), 'rows')],
          limits: { warn: 10_000, bad: 100_000 },
        }),
        stat({
          title: 'Not worked on yet',
          description:
            'Events that the slowest consumer group has not committed. It may rise in a burst, and has to come down.',
          width: 4,
          unit: 'short',
          queries: [query(max(of('kafka_consumer_lag')), 'events')],
          limits: { warn: 1000, bad: 10_000 },
        }),
        stat({
          title: 'Given up',
          description:
            'Events in the dead-letter topics since the processes started. npm run dlq -- list shows them, -- replay sends them back.',
          width: 4,
          unit: 'short',
          queries: [query(sum(of('kafka_dlq_total')), 'events')],
          limits: { bad: 1 },
        }),
        stat({
          title: 'Failing steps',
          description:
            'Steps of background work that failed and were tried again, a second. Some while a store is away; otherwise none.',
          width: 4,
          unit: 'ops',
          queries: [query(sum(rate(of('worker_errors_total'))), 'failures')],
          limits: { warn: 0.01, bad: 1 },
          noValue: 'none yet',
        }),
      ),
    ),
    row(
      'Redis to PostgreSQL',
      line(
        8,
        graph({
          title: 'Backlog by partition',
          description:
            'One partition that grows alone is one hot event; all of them together are PostgreSQL.',
          width: 8,
          unit: 'short',
          stacked: true,
          queries: [query(max(of('wal_backlog_entries'), 'partition'), 'partition {{partition}}')],
        }),
        graph({
          title: 'How far PostgreSQL is behind',
          description:
            'Age of the oldest reservation that only Redis has: what a Redis that dies for good would take with it.',
          width: 8,
          unit: 's',
          queries: [query(max(of('wal_lag_seconds')), 'lag')],
          limits: { warn: 1, bad: 30 },
        }),
        graph({
          title: 'Written a second, and in one transaction',
          description:
            'Reservations that the persister wrote, and how many it wrote at a time. Batches grow with the load; at PERSIST_BATCH_MAX_ENTRIES (1000) there is no more room.',
          width: 8,
          unit: 'short',
          queries: [
            query(sum(rate(of('persister_batch_size_sum'))), 'written/s'),
            query(mean('persister_batch_size'), 'batch'),
            query(sum(rate(of('persister_rejected_entries_total'))), 'put aside/s'),
          ],
        }),
      ),
    ),
    row(
      'PostgreSQL to Kafka',
      line(
        8,
        graph({
          title: 'Outbox',
          description: 'Rows that wait, and the age of the oldest. Both climb while Kafka is away.',
          width: 8,
          unit: 'short',
          queries: [
            query(max(of('outbox_backlog_rows')), 'rows'),
            query(max(of('outbox_lag_seconds')), 'oldest'),
          ],
          right: { names: 'oldest', unit: 's' },
        }),
        graph({
          title: 'Published, by topic',
          description:
            'Events a second that Kafka took; one batch that it does not take stays in the outbox.',
          width: 8,
          unit: 'ops',
          queries: [
            query(sum(rate(of('kafka_published_total')), 'topic'), '{{topic}}'),
            query(sum(rate(of('kafka_publish_errors_total'))), 'failed batches'),
          ],
        }),
        graph({
          title: 'Kafka requests, p99',
          description:
            'By client and kind of request. Fetch waits for new events by design; Produce should be some milliseconds.',
          width: 8,
          unit: 's',
          legend: 'right',
          queries: [
            query(quantile(0.99, 'kafka_request_duration_seconds', ['client', 'api']), '{{client}} {{api}}'),
          ],
        }),
      ),
      line(
        6,
        graph({
          title: 'Kafka: timeouts and waiting requests',
          description:
            'Requests that were given up, a second, and those that wait for a broker to have room.',
          width: 12,
          unit: 'short',
          queries: [
            query(sum(rate(of('kafka_request_timeouts_total')), 'client'), 'timeouts/s, {{client}}'),
            query(sum(of('kafka_request_queue_size'), 'client'), 'waiting, {{client}}'),
          ],
        }),
        graph({
          title: 'Kafka: joins and crashes of consumers',
          description:
            'Since the processes started. A group that joins again and again works on nothing meanwhile.',
          width: 12,
          unit: 'short',
          queries: [
            query(sum(of('kafka_consumer_joins_total'), 'group'), 'joins, {{group}}'),
            query(sum(of('kafka_consumer_crashes_total'), 'group'), 'crashes, {{group}}'),
          ],
        }),
      ),
    ),
    row(
      'Consumers',
      line(
        8,
        graph({
          title: 'Lag by group',
          description:
            'Events that a group has not committed yet. It may rise in a burst; it has to come down.',
          width: 8,
          unit: 'short',
          legend: 'right',
          queries: [query(max(of('kafka_consumer_lag'), 'group', 'topic'), '{{group}} on {{topic}}')],
        }),
        graph({
          title: 'Worked on, by outcome',
          description:
            'done; duplicate and older are dropped as they should be; given_up went to the dead-letter topic; the rest is not for that group.',
          width: 8,
          unit: 'ops',
          legend: 'right',
          queries: [
            query(sum(rate(of('kafka_consumed_total')), 'group', 'outcome'), '{{group}} {{outcome}}'),
          ],
        }),
        graph({
          title: 'Given up, by topic',
          description:
            'Events that failed too often and went to the dead-letter topic. Each is a defect, or data that nobody expected: npm run dlq -- list.',
          width: 8,
          unit: 'short',
          queries: [query(sum(of('kafka_dlq_total'), 'topic'), '{{topic}}')],
        }),
      ),
      line(
        7,
        graph({
          title: 'Notices to buyers',
          description: 'Of confirmations and refunds, by outcome. "unavailable" is tried again.',
          width: 8,
          unit: 'ops',
          queries: [query(sum(rate(of('notifications_total')), 'outcome'), '{{outcome}}')],
          noValue: 'none yet',
        }),
        graph({
          title: 'Payments and webhooks',
          description:
            'Payments begun and ended, and the provider’s webhooks by what became of them. Webhooks with a false signature are somebody else’s.',
          width: 8,
          unit: 'ops',
          legend: 'right',
          queries: [
            query(sum(rate(of('payments_total')), 'outcome'), 'payment {{outcome}}'),
            query(sum(rate(of('payment_webhooks_total')), 'outcome'), 'webhook {{outcome}}'),
            query(sum(rate(of('payment_refunds_total'))), 'given back'),
          ],
          noValue: 'none yet',
        }),
        graph({
          title: 'Failing background work',
          description:
            'By worker. Each step is tried again with a growing pause; one line in ten seconds says why.',
          width: 8,
          unit: 'ops',
          legend: 'right',
          queries: [query(sum(rate(of('worker_errors_total')), 'worker'), '{{worker}}')],
          noValue: 'none yet',
          links: [diagnosticsLink('Counters', '/debug/vars')],
        }),
      ),
    ),
  ],
}
