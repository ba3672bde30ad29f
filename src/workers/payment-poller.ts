import type { BackOff, PaymentStore } from '../payments/ports.ts'
import type { Refresh } from '../payments/refresh.ts'
import { bounded } from './bounded.ts'
import { makeLoop, type Part } from './loop.ts'

const PAYMENTS_PER_STEP = 100
const CONCURRENCY = 8

/** Asks the provider for payments that have been pending too long: a lost webhook changes nothing but the moment. */
export function makePaymentPoller(deps: {
  payments: Pick<PaymentStore, 'claimPending'>
  refresh: Refresh
  backOff: BackOff
  intervalMs: number
  onError: (name: string, error: unknown) => void
}): Part {
  const { payments, refresh, backOff, onError } = deps
  return makeLoop({
    name: 'payment-poller',
    idleMs: deps.intervalMs,
    maxPauseMs: 10_000,
    onError,
    async step() {
      const pending = await payments.claimPending(PAYMENTS_PER_STEP, backOff)
      const errors = await bounded(pending, CONCURRENCY, refresh)
      for (const error of errors) onError('payment-poller', error)
      return pending.length === PAYMENTS_PER_STEP ? 'more' : 'idle'
    },
  })
}
