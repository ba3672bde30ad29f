import type { Settings } from '../config.ts'
import { makeKafka } from '../kafka/client.ts'
import { makeConsumer } from '../kafka/consumer.ts'
import { makeConsumerLag } from '../kafka/consumer-lag.ts'
import { makeDeadLetters } from '../kafka/dead-letters.ts'
import type { Topic } from '../kafka/topics.ts'
import type { ArrivedLetter } from '../kafka/work-on-batch.ts'
import { makeLogNotifier } from '../notifications/log-notifier.ts'
import type { Notifier } from '../notifications/notifier.ts'
import { makeNotify, NOTICE_TYPES } from '../notifications/notify.ts'
import { makeWebhookNotifier } from '../notifications/webhook-notifier.ts'
import { CONSUME_OUTCOMES, makeConsume } from '../pipeline/consume.ts'
import type { EventHandler } from '../pipeline/consumer-ports.ts'
import { makeSlots } from '../pipeline/slots.ts'
import { Unavailable } from '../pipeline/unavailable.ts'
import { makeConsumedEvents } from '../postgres/consumed-events.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Tracing } from '../telemetry/tracing/tracing.ts'
import { makeForgetConsumed } from '../workers/forget-consumed.ts'
import { makeLoop, type Part } from '../workers/loop.ts'
import { kafkaAccess } from './access.ts'
import type { Core } from './booking.ts'
import { kafkaObserver } from './observed-kafka.ts'
import { composePaymentHandlers } from './payments.ts'
import { makeErrorReporter, type ServiceLog } from './service-log.ts'
import type { Stores } from './stores.ts'
import { traceCall, traceHandler } from './traced-pipeline.ts'

const FORGET_INTERVAL_MS = 60_000
const LAG_INTERVAL_MS = 5000
/** Beyond an attempt's deadline: writing down what was done, committing, leaving the group. */
const STOP_GRACE_MS = 10_000

/** What a group reads and does. */
interface Subscription {
  /** Of the group, without the prefix. */
  group: string
  topic: Topic
  /** Types of events that the group has work for; null: all. */
  types: ReadonlySet<string> | null
  /** Where every event is a version of its booking, one that is older than the last says nothing any more. */
  ignoreOlder: boolean
  handler: EventHandler
}

/** The consuming side of Kafka: one consumer for each group, in the order in which they start. None without brokers. */
export function composeConsumers(
  config: Settings,
  stores: Stores,
  core: Core,
  metrics: Metrics,
  tracing: Tracing,
  log: ServiceLog,
): Part[] {
  const access = kafkaAccess(config)
  if (access.brokers.length === 0) return []
  const kafka = makeKafka(
    { ...access, clientId: 'floodgate-consumer' },
    kafkaObserver(metrics, config.KAFKA_TOPIC_PREFIX),
  )
  const prefix = config.KAFKA_TOPIC_PREFIX
  const onError = makeErrorReporter(log, (worker) => metrics.workerErrors.inc({ worker }))
  const consumed = makeConsumedEvents(stores.database)
  const deadLetters = makeDeadLetters(kafka)
  const lag = makeConsumerLag(kafka)
  const subscriptions = subscriptionsOf(config, stores, core, metrics, tracing, log)

  function consumerOf({ group, topic, types, ignoreOlder, handler }: Subscription): Part {
    const groupId = prefix + group
    const report = (error: unknown) => onError(group, error)
    // Every series is there from the start: a rate over a counter that appears with its first event misses that event.
    for (const outcome of CONSUME_OUTCOMES) metrics.consumed.inc({ group, topic, outcome }, 0)
    metrics.deadLetters.inc({ topic }, 0)
    metrics.consumerLag.set({ group, topic }, 0)
    metrics.consumerJoins.inc({ group }, 0)
    metrics.consumerCrashes.inc({ group }, 0)
    const consume = makeConsume<ArrivedLetter>({
      group: groupId,
      rules: {
        types,
        ignoreOlder,
        maxAttempts: config.CONSUMER_MAX_ATTEMPTS,
        attemptTimeoutMs: config.CONSUMER_ATTEMPT_TIMEOUT_MS,
      },
      handler: traceHandler(handler, tracing, { group: groupId, topic: prefix + topic }),
      consumed,
      async giveUp(letter, verdict) {
        await deadLetters.put(groupId, letter, verdict)
        metrics.deadLetters.inc({ topic })
        const { partition, message } = letter
        log.error({ group, topic, partition, offset: message.offset, ...verdict }, 'an event was given up')
      },
      slots: makeSlots(config.CONSUMER_CONCURRENCY),
      observer: {
        consumed: (outcome) => metrics.consumed.inc({ group, topic, outcome }),
        failed: report,
      },
    })
    const settings = {
      groupId,
      topicPrefix: prefix,
      topic,
      sessionTimeoutMs: config.CONSUMER_SESSION_TIMEOUT_MS,
      stopTimeoutMs: config.CONSUMER_ATTEMPT_TIMEOUT_MS + STOP_GRACE_MS,
    }
    return { name: group, ...makeConsumer(kafka, settings, consume, report) }
  }

  return [
    {
      name: 'consumer-clients',
      start() {},
      stop: async () => void (await Promise.all([deadLetters.close(), lag.close()])),
    },
    ...subscriptions.map(consumerOf),
    makeLoop({
      name: 'consumer-lag',
      idleMs: LAG_INTERVAL_MS,
      maxPauseMs: LAG_INTERVAL_MS * 6,
      onError,
      async step() {
        for (const { group, topic } of subscriptions) {
          try {
            metrics.consumerLag.set({ group, topic }, await lag.of(prefix + group, prefix + topic))
          } catch (error) {
            // Kafka is away: the consumers themselves say so.
            if (!(error instanceof Unavailable)) throw error
            break
          }
        }
        return 'idle'
      },
    }),
    makeForgetConsumed({
      consumed,
      retentionHours: config.CONSUMED_RETENTION_HOURS,
      intervalMs: FORGET_INTERVAL_MS,
      onError,
    }),
  ]
}

function subscriptionsOf(
  config: Settings,
  stores: Stores,
  core: Core,
  metrics: Metrics,
  tracing: Tracing,
  log: ServiceLog,
): Subscription[] {
  const ofPayments = composePaymentHandlers(config, stores, core, metrics, log)
  const notifier = notifierOf(config, metrics, tracing, log)
  const subscriptions: Subscription[] = [
    {
      group: 'floodgate-payments',
      topic: 'payment-events',
      types: null,
      ignoreOlder: false,
      handler: ofPayments['payment-events'],
    },
    {
      group: 'floodgate-refunds',
      topic: 'payment-commands',
      types: null,
      ignoreOlder: false,
      handler: ofPayments['payment-commands'],
    },
  ]
  if (notifier) {
    subscriptions.push({
      group: 'floodgate-notifications',
      topic: 'booking-events',
      types: NOTICE_TYPES,
      ignoreOlder: true,
      handler: makeNotify(notifier),
    })
  }
  return subscriptions
}

/** How buyers are told, or null when they are not. */
function notifierOf(config: Settings, metrics: Metrics, tracing: Tracing, log: ServiceLog): Notifier | null {
  const notifier = chosenNotifier(config, log)
  if (!notifier) return null
  const tell = traceCall(notifier.tell, tracing, config.NOTIFICATION_WEBHOOK_URL)
  return {
    async tell(notice) {
      try {
        await tell(notice)
        metrics.notifications.inc({ outcome: notice.kind })
      } catch (error) {
        metrics.notifications.inc({ outcome: error instanceof Unavailable ? 'unavailable' : 'failed' })
        throw error
      }
    },
  }
}

function chosenNotifier(config: Settings, log: ServiceLog): Notifier | null {
  const { NOTIFICATIONS } = config
  switch (NOTIFICATIONS) {
    case 'off':
      return null
    case 'webhook':
      return makeWebhookNotifier({
        url: config.NOTIFICATION_WEBHOOK_URL,
        timeoutMs: config.NOTIFICATION_WEBHOOK_TIMEOUT_MS,
      })
    case 'log':
      return makeLogNotifier(
        {
          notice: (notice) => log.debug({ notice }, 'a buyer was told'),
          summary: (counts) => log.info(counts, 'notices to buyers were written'),
        },
        () => performance.now(),
      )
    default:
      return NOTIFICATIONS satisfies never
  }
}
