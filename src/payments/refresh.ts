import { Unavailable } from '../pipeline/unavailable.ts'
import type { Payment, PaymentLookup, PaymentProvider, PaymentStore, ProviderPayment } from './ports.ts'
import type { TakeProviderOutcome } from './take-outcome.ts'

/** Brings a payment up to date with the provider. @returns it as our books have it then */
export type Refresh = (payment: Payment) => Promise<Payment>

/**
 * A payment that the provider does not know was written here by a process that died before it asked: it is asked for
 * again under the same id, so it is charged once whoever is still asking.
 */
export function makeRefresh(deps: {
  payments: Pick<PaymentStore, 'find'>
  provider: PaymentProvider
  take: TakeProviderOutcome
}): Refresh {
  const { payments, provider, take } = deps
  return async (payment) => {
    if (payment.state !== 'pending') return payment
    const theirs = (await provider.find(payment.id)) ?? (await provider.create(payment))
    return afterTaking({ payments, take }, payment, theirs)
  }
}

/** Takes what the provider answered. Only when somebody else had taken it meanwhile are our books read again. */
export async function afterTaking(
  { payments, take }: { payments: Pick<PaymentStore, 'find'>; take: TakeProviderOutcome },
  payment: Payment,
  theirs: ProviderPayment,
): Promise<Payment> {
  const { state } = theirs
  if (state === 'pending') return payment
  const outcome = await take(theirs)
  if (outcome.kind === 'taken') return { ...payment, state }
  const now = await payments.find(payment.id)
  if (!now) throw new Unavailable(`payment ${payment.id}`)
  return now
}

/** Payments as they are now: what our books have as pending is asked for at the provider. */
export function makePaymentLookup(deps: {
  payments: Pick<PaymentStore, 'find'>
  refresh: Refresh
}): PaymentLookup {
  return {
    async find(paymentId) {
      const payment = await deps.payments.find(paymentId)
      return payment ? deps.refresh(payment) : null
    },
  }
}
