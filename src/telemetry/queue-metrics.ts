import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

/** Bounds of a tick's duration, seconds. */
const TICK_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]

/** How queues move, and what their streams cost. */
export function makeQueueMetrics(registers: Registry[]) {
  return {
    queueWaiting: new Gauge({
      name: 'queue_waiting_users',
      help: 'People in the queue of an event',
      labelNames: ['event'] as const,
      aggregator: 'max',
      registers,
    }),
    queueOldestWait: new Gauge({
      name: 'queue_oldest_wait_seconds',
      help: 'How long the person at the front has waited',
      labelNames: ['event'] as const,
      aggregator: 'max',
      registers,
    }),
    queueTarget: new Gauge({
      name: 'queue_release_target',
      help: 'People a second that an event lets in; 0 while it lets nobody in',
      labelNames: ['event'] as const,
      aggregator: 'max',
      registers,
    }),
    queueActivePasses: new Gauge({
      name: 'queue_active_passes',
      help: 'Passes that are valid and not used',
      labelNames: ['event'] as const,
      aggregator: 'max',
      registers,
    }),
    queuePaused: new Gauge({
      name: 'queue_paused',
      help: '1 for the reason for which an event lets nobody in just now',
      labelNames: ['event', 'reason'] as const,
      aggregator: 'max',
      registers,
    }),
    queueJoins: new Counter({
      name: 'queue_joins_total',
      help: 'People who asked for a place, by outcome',
      labelNames: ['outcome'] as const,
      registers,
    }),
    queueReleased: new Counter({
      name: 'queue_released_total',
      help: 'People who were let in',
      registers,
    }),
    queuePassedOver: new Counter({
      name: 'queue_passed_over_total',
      help: 'People who were passed over because they had stopped listening',
      registers,
    }),
    queueWait: new Histogram({
      name: 'queue_wait_seconds',
      help: 'Time from joining to being let in',
      buckets: [1, 5, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600],
      registers,
    }),
    queueStreams: new Gauge({
      name: 'queue_streams',
      help: 'Streams of positions that are open',
      aggregator: 'sum',
      registers,
    }),
    queueStreamsDropped: new Counter({
      name: 'queue_streams_dropped_total',
      help: 'Streams that were dropped because their reader was too slow',
      registers,
    }),
    queueTickDuration: new Histogram({
      name: 'queue_stream_tick_seconds',
      help: 'Time to tell all streams of a process where they stand',
      buckets: TICK_BUCKETS,
      registers,
    }),
  }
}
