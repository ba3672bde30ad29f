import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

/** What flows behind the requests: the write-ahead streams, the outbox, Kafka and its consumers. */
export function makePipelineMetrics(registers: Registry[]) {
  return {
    walBacklog: new Gauge({
      name: 'wal_backlog_entries',
      help: 'Reservations that PostgreSQL does not have yet',
      labelNames: ['partition'] as const,
      registers,
    }),
    walLag: new Gauge({
      name: 'wal_lag_seconds',
      help: 'Age of the oldest of them',
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
      registers,
    }),
    outboxLag: new Gauge({
      name: 'outbox_lag_seconds',
      help: 'Age of the oldest of them',
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
      registers,
    }),
    deadLetters: new Counter({
      name: 'kafka_dlq_total',
      help: 'Events that were given up, by the topic they came from',
      labelNames: ['topic'] as const,
      registers,
    }),
  }
}
