import type { ConfirmOutcome } from '../booking/confirm.ts'
import type { ReserveOutcome } from '../booking/reserve.ts'
import type { Remarkable } from '../http/request-log.ts'
import type { Shed } from '../http/shedding.ts'
import { TOPICS } from '../kafka/topics.ts'
import type { Notice } from '../notifications/notifier.ts'
import type { IntentOutcome } from '../payments/start-intent.ts'
import type { TakeOutcome } from '../payments/take-outcome.ts'
import type { checkWebhook } from '../payments/webhook-signature.ts'
import { allPartitions } from '../pipeline/partition.ts'
import { OUTBOX_SHARDS } from '../pipeline/ports.ts'
import type { JoinOutcome } from '../queue/join.ts'
import { readScripts } from '../redis/scripts.ts'
import type { ReleaseReason } from '../telemetry/booking-metrics.ts'
import type { DriftStore } from '../telemetry/inventory-metrics.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { STEPS } from '../telemetry/timed.ts'
import type { ExportObserver } from '../telemetry/tracing/bounded-export.ts'

/** Every name of a closed set: one that is added to the type and not here does not compile. */
type Names<Of extends string> = Readonly<Record<Of, true>>

const reservations: Names<ReserveOutcome['kind'] | 'fault'> = {
  reserved: true,
  event_not_found: true,
  zone_not_found: true,
  not_on_sale: true,
  pass_required: true,
  pass_refused: true,
  price_changed: true,
  key_reused: true,
  limit_exceeded: true,
  sold_out: true,
  backlog_full: true,
  fault: true,
}
const confirmations: Names<ConfirmOutcome['kind'] | 'fault'> = {
  confirmed: true,
  not_found: true,
  not_yours: true,
  expired: true,
  released: true,
  confirmed_by_other_payment: true,
  payment_not_completed: true,
  oversold: true,
  fault: true,
}
const joins: Names<JoinOutcome['kind'] | 'fault'> = {
  waiting: true,
  ready: true,
  pre_queue: true,
  full: true,
  not_open: true,
  event_not_found: true,
  fault: true,
}
const payments: Names<IntentOutcome['kind'] | 'succeeded' | 'failed' | 'fault'> = {
  opened: true,
  open: true,
  attempts_used: true,
  succeeded: true,
  failed: true,
  fault: true,
}
type Signature = Exclude<ReturnType<typeof checkWebhook>, 'genuine'>
const webhooks: Names<TakeOutcome['kind'] | 'fault' | `signature_${Signature}`> = {
  taken: true,
  repeated: true,
  unknown: true,
  mismatch: true,
  contradiction: true,
  fault: true,
  signature_missing: true,
  signature_stale: true,
  signature_malformed: true,
  signature_wrong: true,
}
const shed: Names<Shed> = { event_loop: true, in_flight: true, backlog: true, pipeline: true }
const remarkable: Names<Remarkable> = { slow: true, failed: true }
const dropped: Names<Parameters<ExportObserver['dropped']>[0]> = { queue_full: true, export_failed: true }
const notices: Names<Notice['kind'] | 'unavailable' | 'failed'> = {
  confirmed: true,
  refunded: true,
  unavailable: true,
  failed: true,
}
const releases: Names<ReleaseReason> = {
  cancelled: true,
  refunded: true,
  expired: true,
  event_cancelled: true,
  payment_declined: true,
}
const stores: Names<DriftStore> = { redis: true, postgres: true, both: true }
/** What may fail and is tried again, by its part's name. A test holds them against the parts. */
const workers = [
  ...[
    'reconciler',
    'inventory-loader',
    'persister',
    'expiry',
    'queue-release',
    'queue-sweep',
    'queue-keeper',
  ],
  ...['queue-streams', 'queue-beat', 'event-cancellation', 'forgotten-holds', 'auditor', 'outbox-gauge'],
  ...['payment-poller', 'webhook-sender', 'consumer-lag', 'forget-consumed', 'trace-export'],
  ...['floodgate-payments', 'floodgate-refunds', 'floodgate-notifications'],
  ...Array.from({ length: OUTBOX_SHARDS }, (_, shard) => `relay-${shard}`),
]

/** Every series of a closed set is there before its first event: a rate over a counter that appears with its first event misses it. */
export function initialiseSeries(metrics: Metrics): void {
  const outcomes = <Name extends string>(names: Names<Name>) => Object.keys(names) as Name[]
  for (const outcome of outcomes(reservations)) metrics.reservations.inc({ outcome }, 0)
  for (const outcome of outcomes(confirmations)) metrics.confirmations.inc({ outcome }, 0)
  for (const outcome of outcomes(joins)) metrics.queueJoins.inc({ outcome }, 0)
  for (const outcome of outcomes(payments)) metrics.payments.inc({ outcome }, 0)
  for (const outcome of outcomes(webhooks)) metrics.paymentWebhooks.inc({ outcome }, 0)
  for (const outcome of outcomes(notices)) metrics.notifications.inc({ outcome }, 0)
  for (const reason of outcomes(shed)) metrics.httpShed.inc({ reason }, 0)
  for (const reason of outcomes(dropped)) metrics.droppedSpans.inc({ reason }, 0)
  for (const reason of outcomes(releases)) metrics.releases.inc({ reason }, 0)
  for (const worker of workers) metrics.workerErrors.inc({ worker }, 0)
  for (const reason of outcomes(remarkable)) {
    for (const sampled of ['true', 'false']) metrics.httpRemarkable.inc({ reason, sampled }, 0)
  }
  for (const step of STEPS) metrics.stepDuration.zero({ step })
  for (const script of Object.keys(readScripts())) metrics.scriptDuration.zero({ script })
  for (const partition of allPartitions) metrics.walBacklog.set({ partition: String(partition) }, 0)
  for (const topic of TOPICS) metrics.published.inc({ topic }, 0)
  for (const store of outcomes(stores)) metrics.drift.set({ store }, 0)
}
