import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { makeHotHistogram } from './hot-histogram.ts'
import { DURATION_BUCKETS } from './http-durations.ts'

/** What flows behind the requests: the write-ahead streams, the outbox, Kafka and its consumers. */
export function makePipelineMetrics(registers: Registry[]) {
  return {
    walBacklog: new Gauge({
      name: 'wal_backlog_entries',
      help: 'Reservations that PostgreSQL does not have yet',
      labelNames: ['partition'] as const,
      aggregator: 'max',
      registers,
    }),
    walLag: new Gauge({
      name: 'wal_lag_seconds',
      help: 'Age of the oldest of them',
      aggregator: 'max',
      registers,
    }),
    persistBatch: new Histogram({
      name: 'persister_batch_size',
      help: 'Reservations written in one transaction',
      buckets: [1, 10, 50, 100, 250, 500, 1000, 2500],
      registers,
    }),
    persistRejected: new Counter({
      name: 'persister_rejected_entries_total',
      help: 'Entries that a constraint refused and that were put aside',
      registers,
    }),
    outboxBacklog: new Gauge({
      name: 'outbox_backlog_rows',
      help: 'Events that Kafka does not have yet',
      aggregator: 'max',
      registers,
    }),
    outboxLag: new Gauge({
      name: 'outbox_lag_seconds',
      help: 'Age of the oldest of them',
      aggregator: 'max',
      registers,
    }),
    published: new Counter({
      name: 'kafka_published_total',
      help: 'Events published, by topic',
      labelNames: ['topic'] as const,
      registers,
    }),
    publishErrors: new Counter({
      name: 'kafka_publish_errors_total',
      help: 'Batches that Kafka did not take',
      registers,
    }),
    consumed: new Counter({
      name: 'kafka_consumed_total',
      help: 'Events that consumers are done with, by group, topic and outcome',
      labelNames: ['group', 'topic', 'outcome'] as const,
      registers,
    }),
    consumerLag: new Gauge({
      name: 'kafka_consumer_lag',
      help: 'Events that a group has not committed yet',
      labelNames: ['group', 'topic'] as const,
      aggregator: 'max',
      registers,
    }),
    deadLetters: new Counter({
      name: 'kafka_dlq_total',
      help: 'Events that were given up, by the topic they came from',
      labelNames: ['topic'] as const,
      registers,
    }),
    kafkaRequests: makeHotHistogram({
      name: 'kafka_request_duration_seconds',
      help: 'Round trip of a request to a broker',
      labelNames: ['client', 'api'],
      buckets: DURATION_BUCKETS,
      registers,
    }),
    kafkaTimeouts: new Counter({
      name: 'kafka_request_timeouts_total',
      help: 'Requests that a broker did not answer in time',
      labelNames: ['client'] as const,
      registers,
    }),
    kafkaQueued: new Gauge({
      name: 'kafka_request_queue_size',
      help: 'Requests that wait to be sent to a broker, of all clients of a kind',
      labelNames: ['client'] as const,
      aggregator: 'sum',
      registers,
    }),
    consumerJoins: new Counter({
      name: 'kafka_consumer_joins_total',
      help: 'Times that a member of a group was given its partitions',
      labelNames: ['group'] as const,
      registers,
    }),
    consumerCrashes: new Counter({
      name: 'kafka_consumer_crashes_total',
      help: 'Consumers that ended by a failure, and were made anew',
      labelNames: ['group'] as const,
      registers,
    }),
  }
}
