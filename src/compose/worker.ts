import { makeExpire } from '../booking/expire.ts'
import { makeGiveBack } from '../booking/give-back.ts'
import type { Settings } from '../config.ts'
import { makeKafka } from '../kafka/client.ts'
import { makePublisher } from '../kafka/publisher.ts'
import { makeAuditPayments } from '../postgres/audit-payments.ts'
import { bookingsToGiveBack } from '../postgres/bookings-to-give-back.ts'
import { loadStates } from '../postgres/load-states.ts'
import { makeOutbox } from '../postgres/outbox.ts'
import { overdueBookings } from '../postgres/overdue-bookings.ts'
import { liveVersions } from '../redis/live-versions.ts'
import { makeWriteAheadStream } from '../redis/write-ahead-stream.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { timed } from '../telemetry/timed.ts'
import type { Tracing } from '../telemetry/tracing/tracing.ts'
import { makeAuditor } from '../workers/auditor.ts'
import { makeEventCancellation } from '../workers/event-cancellation.ts'
import { makeExpiryWorker } from '../workers/expiry.ts'
import { makeForgottenHolds } from '../workers/forgotten-holds.ts'
import { makeInventoryLoader } from '../workers/inventory-loader.ts'
import { makeLoop, type Part } from '../workers/loop.ts'
import { makeLookAfterLost } from '../workers/lost-event.ts'
import { makePersister } from '../workers/persister.ts'
import { makeReconciler } from '../workers/reconciler.ts'
import { makeRelays } from '../workers/relay.ts'
import { kafkaAccess } from './access.ts'
import type { Core } from './booking.ts'
import { composeConsumers } from './consumers.ts'
import { kafkaObserver } from './observed-kafka.ts'
import { observeAudit, observeBacklog } from './observers.ts'
import { composePayments, composePaymentWorkers, paymentPorts } from './payments.ts'
import { composeQueueWorkers } from './queue.ts'
import { makeErrorReporter, type ServiceLog } from './service-log.ts'
import type { Stores } from './stores.ts'
import { tracePublisher } from './traced-pipeline.ts'
import { makeWholeAudit } from './whole-audit.ts'

const LOADER_INTERVAL_MS = 1000
const EVENT_CANCELLATION_INTERVAL_MS = 1000
const FORGOTTEN_INTERVAL_MS = 30_000
/** A hold that Redis still has is ended by the expiry worker long before. */
const FORGOTTEN_GRACE_MS = 60_000
const OUTBOX_GAUGE_INTERVAL_MS = 2000

/** The background work. `nudgeReconciler` is for whoever notices first that Redis is not the one it was. */
export function composeWorker(
  config: Settings,
  stores: Stores,
  core: Core,
  metrics: Metrics,
  tracing: Tracing,
  log: ServiceLog,
  apiAddress: () => string | null,
) {
  const { database, redis } = stores
  const { holds, ledger, settlement } = core
  const onError = makeErrorReporter(log, (worker) => metrics.workerErrors.inc({ worker }))
  const outbox = makeOutbox(database)
  const access = kafkaAccess(config)
  const kafka =
    access.brokers.length > 0
      ? makeKafka({ ...access, clientId: 'floodgate' }, kafkaObserver(metrics, config.KAFKA_TOPIC_PREFIX))
      : null
  const publishers: { close(): Promise<void> }[] = []

  const reconciler = makeReconciler({
    reconcile: core.reconcile,
    intervalMs: config.RECONCILE_INTERVAL_MS,
    observer: {
      rebuilt(why) {
        metrics.rebuilds.inc()
        log.warn({ why }, 'redis was rebuilt from postgres')
      },
    },
    onError,
  })

  const relays = kafka
    ? makeRelays({
        outbox,
        publisherOf() {
          const publisher = makePublisher(kafka, config.KAFKA_TOPIC_PREFIX, {
            published: (topic, messages) =>
              metrics.published.inc({ topic: topic.slice(config.KAFKA_TOPIC_PREFIX.length) }, messages),
            failed: () => metrics.publishErrors.inc(),
          })
          publishers.push(publisher)
          return tracePublisher(publisher, tracing, config.KAFKA_TOPIC_PREFIX)
        },
        batchMaxRows: config.RELAY_BATCH_MAX_ROWS,
        idleMs: config.RELAY_IDLE_MS,
        onError,
      })
    : []

  const parts: Part[] = [
    reconciler,
    makeInventoryLoader({
      async compare(after, limit) {
        const stored = await loadStates(database, after, limit)
        const live = await liveVersions(
          redis,
          stored.map(({ eventId }) => eventId),
        )
        return stored.map((state, i) => ({ ...state, liveVersion: live[i] }))
      },
      catalogue: core.catalogue,
      inventory: core.inventory,
      onLost: makeLookAfterLost({
        reconcile: core.reconcile,
        liveVersion: async (eventId) => (await liveVersions(redis, [eventId]))[0],
        onLost: (eventId) =>
          log.error({ eventId }, 'an event that was loaded is missing in redis: it is rebuilt'),
      }),
      intervalMs: LOADER_INTERVAL_MS,
      onError,
    }),
    {
      name: 'publishers',
      start() {},
      stop: async () => void (await Promise.all(publishers.map((one) => one.close()))),
    },
    ...relays,
    makePersister({
      stream: makeWriteAheadStream(redis),
      log: core.writeAheadLog,
      batchMaxEntries: config.PERSIST_BATCH_MAX_ENTRIES,
      idleMs: config.PERSIST_IDLE_MS,
      observer: observeBacklog(metrics),
      onError,
    }),
    makeExpiryWorker({
      expire: timed(metrics.stepDuration, 'expire', makeExpire({ holds, ledger, settlement })),
      tickMs: config.EXPIRY_TICK_MS,
      observer: {
        expired: (bookings) => metrics.releases.inc({ reason: 'expired' }, bookings),
      },
      onError,
    }),
    ...composeQueueWorkers(config, stores, metrics, onError),
    makeEventCancellation({
      find: (limit) => bookingsToGiveBack(database, limit),
      giveBack: makeGiveBack({
        holds,
        ledger,
        settlement,
        leaseMs: config.ENDING_LEASE_MS * 3,
      }),
      intervalMs: EVENT_CANCELLATION_INTERVAL_MS,
      observer: {
        gaveBack: () => metrics.releases.inc({ reason: 'event_cancelled' }),
      },
      onError,
    }),
    makeForgottenHolds({
      find: (limit) => overdueBookings(database, FORGOTTEN_GRACE_MS, limit),
      holds,
      ledger,
      intervalMs: FORGOTTEN_INTERVAL_MS,
      onError,
    }),
    makeAuditor({
      audit: makeWholeAudit(core.pacedAudit, makeAuditPayments(database)),
      capacity: core.capacity,
      intervalMs: config.AUDIT_INTERVAL_MS,
      observer: observeAudit(metrics, log),
      onError,
    }),
    makeLoop({
      name: 'outbox-gauge',
      idleMs: OUTBOX_GAUGE_INTERVAL_MS,
      maxPauseMs: 10_000,
      onError,
      async step() {
        const { rows, oldestSeconds } = await outbox.backlog()
        metrics.outboxBacklog.set(rows)
        metrics.levels.outboxRows = rows
        metrics.outboxLag.set(oldestSeconds)
        return 'idle'
      },
    }),
    ...composePaymentWorkers(
      config,
      stores,
      composePayments(paymentPorts(stores), metrics, log),
      onError,
      apiAddress,
    ),
    ...composeConsumers(config, stores, core, metrics, tracing, log),
  ]
  return { parts, nudgeReconciler: () => reconciler.nudge() }
}
