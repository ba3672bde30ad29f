import { makeCancel } from '../booking/cancel.ts'
import { makeConfirm } from '../booking/confirm.ts'
import { makeRedeem } from '../booking/redeem.ts'
import type { Settings } from '../config.ts'
import type { PaymentUseCases } from '../http/deps.ts'
import { makePaymentCommandHandler, makePaymentEventHandler } from '../payments/handle-events.ts'
import type { PaymentLookup, PaymentProvider, PaymentStore } from '../payments/ports.ts'
import { makePaymentLookup, makeRefresh } from '../payments/refresh.ts'
import { makeSimulatedProvider } from '../payments/simulated-provider.ts'
import { makeStartIntent } from '../payments/start-intent.ts'
import { makeTakeOutcome } from '../payments/take-outcome.ts'
import { makeSendWebhook } from '../payments/webhook-delivery.ts'
import { checkWebhook } from '../payments/webhook-signature.ts'
import type { EventHandler } from '../pipeline/consumer-ports.ts'
import { makePaymentStore } from '../postgres/payment-store.ts'
import { makeProviderBooks } from '../postgres/simulated-payments.ts'
import { makeWebhookQueue } from '../postgres/simulated-webhooks.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { countOutcomes } from '../telemetry/observe.ts'
import { timed } from '../telemetry/timed.ts'
import type { Part } from '../workers/loop.ts'
import { makePaymentPoller } from '../workers/payment-poller.ts'
import { makeWebhookSender } from '../workers/webhook-sender.ts'
import type { Core } from './booking.ts'
import type { ServiceLog } from './service-log.ts'
import type { Stores } from './stores.ts'

const POLL_TICK_MS = 500
const WEBHOOK_TICK_MS = 100

/** Our books and the provider. */
export interface PaymentPorts {
  payments: PaymentStore
  provider: PaymentProvider
}

export function paymentPorts({ database }: Stores): PaymentPorts {
  return {
    payments: makePaymentStore(database),
    provider: makeSimulatedProvider(makeProviderBooks(database)),
  }
}

/** What requests and background work both do with payments. */
export function composePayments(ports: PaymentPorts, metrics: Metrics, log: ServiceLog) {
  const take = makeTakeOutcome({
    ...ports,
    onMoved: (to) => metrics.payments.inc({ outcome: to }),
    onDispute: ({ id, state }, kind) =>
      log.error({ paymentId: id, state, kind }, 'the payment provider says other than our books'),
  })
  const refresh = makeRefresh({ ...ports, take })
  const lookup = makePaymentLookup({ ...ports, refresh })
  return {
    ...ports,
    take,
    refresh,
    lookup: { find: timed(metrics.stepDuration, 'payment_lookup', lookup.find) },
  }
}

export type Payments = ReturnType<typeof composePayments>

/** What the API calls. */
export function composePaymentApi(
  config: Settings,
  payments: Payments,
  metrics: Metrics,
): { useCases: PaymentUseCases; lookup: PaymentLookup } {
  const { take } = payments
  return {
    lookup: payments.lookup,
    useCases: {
      start: countOutcomes(
        metrics.payments,
        makeStartIntent({
          ...payments,
          maxAttempts: config.PAYMENT_MAX_ATTEMPTS,
          pollAfterMs: config.PAYMENT_POLL_AFTER_MS,
        }),
      ),
      find: (paymentId) => payments.payments.find(paymentId),
      isGenuine(header, rawBody) {
        const check = checkWebhook({
          secret: config.PAYMENT_WEBHOOK_SECRET,
          header,
          rawBody,
          nowSeconds: Date.now() / 1000,
          toleranceSeconds: config.PAYMENT_WEBHOOK_TOLERANCE_SECONDS,
        })
        if (check !== 'genuine') metrics.paymentWebhooks.inc({ outcome: `signature_${check}` })
        return check === 'genuine'
      },
      takeWebhook: countOutcomes(metrics.paymentWebhooks, take),
    },
  }
}

export type PaymentHandlers = Record<'payment-events' | 'payment-commands', EventHandler>

/** What consumers do with the events of payments, by topic. */
export function composePaymentHandlers(
  config: Settings,
  stores: Stores,
  core: Core,
  metrics: Metrics,
  log: ServiceLog,
): PaymentHandlers {
  return paymentHandlers(config, core, composePayments(paymentPorts(stores), metrics, log), metrics)
}

export function paymentHandlers(
  config: Settings,
  core: Core,
  payments: Payments,
  metrics: Metrics,
): PaymentHandlers {
  const { holds, ledger, settlement } = core
  const leaseMs = config.ENDING_LEASE_MS
  const { stepDuration } = metrics
  const confirm = timed(
    stepDuration,
    'confirm',
    makeConfirm({ holds, ledger, settlement, payments: payments.lookup, leaseMs }),
  )
  const cancel = timed(stepDuration, 'cancel', makeCancel({ holds, ledger, settlement, leaseMs }))
  return {
    'payment-events': makePaymentEventHandler({
      payments: payments.payments,
      redeem: makeRedeem({
        confirm: countOutcomes(metrics.confirmations, confirm),
        holds,
        ledger,
        settlement,
        leaseMs,
      }),
      async release(payment) {
        const { kind } = await cancel(payment)
        if (kind === 'cancelled') metrics.releases.inc({ reason: 'payment_declined' })
      },
    }),
    'payment-commands': makePaymentCommandHandler({
      ...payments,
      onRefunded: () => metrics.paymentRefunds.inc(),
    }),
  }
}

/** The background work of payments. @param apiAddress of this process, once it listens */
export function composePaymentWorkers(
  config: Settings,
  stores: Stores,
  payments: Payments,
  onError: (worker: string, error: unknown) => void,
  apiAddress: () => string | null,
): Part[] {
  return [
    makePaymentPoller({
      ...payments,
      backOff: { firstMs: config.PAYMENT_POLL_AFTER_MS, maxMs: config.PAYMENT_POLL_MAX_INTERVAL_MS },
      intervalMs: POLL_TICK_MS,
      onError,
    }),
    makeWebhookSender({
      queue: makeWebhookQueue(stores.database),
      send: makeSendWebhook(config.PAYMENT_WEBHOOK_SECRET),
      address: () => config.PAYMENT_WEBHOOK_URL || webhookOf(apiAddress()),
      intervalMs: WEBHOOK_TICK_MS,
      onError,
    }),
  ]
}

function webhookOf(api: string | null): string | null {
  return api === null ? null : `${api}/api/v1/payments/webhook`
}
