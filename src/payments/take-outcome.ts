import type { PaymentStore, PaymentTerms, ProviderPayment } from './ports.ts'

/**
 * `taken`: the payment moved forward now. `repeated`: it had before, or there is nothing new. `unknown`: no such payment
 * of ours. `mismatch`: it is said to be of another amount or booking. `contradiction`: it had ended the other way.
 */
export type TakeOutcome =
  | { kind: 'taken' }
  | { kind: 'repeated' }
  | { kind: 'unknown' }
  | { kind: 'mismatch' }
  | { kind: 'contradiction' }

/** Takes what the provider says of a payment, by webhook or when asked, once and durably. */
export type TakeProviderOutcome = (claim: ProviderPayment) => Promise<TakeOutcome>

export function makeTakeOutcome(deps: {
  payments: Pick<PaymentStore, 'find' | 'settle'>
  onMoved: (to: 'succeeded' | 'failed') => void
  /** The provider and we disagree, which nothing here can mend: somebody should look. */
  onDispute: (claim: ProviderPayment, kind: 'mismatch' | 'contradiction') => void
}): TakeProviderOutcome {
  const { payments, onMoved, onDispute } = deps
  return async (claim) => {
    const payment = await payments.find(claim.id)
    if (!payment) return { kind: 'unknown' }
    if (!agree(payment, claim)) {
      onDispute(claim, 'mismatch')
      return { kind: 'mismatch' }
    }
    // That it was given back was asked for here; our books say so when the provider has answered.
    if (claim.state === 'pending' || claim.state === 'refunded') return { kind: 'repeated' }
    if (payment.state === 'pending' && (await payments.settle(claim.id, claim.state))) {
      onMoved(claim.state)
      return { kind: 'taken' }
    }
    const now = payment.state === 'pending' ? await payments.find(claim.id) : payment
    if ((now?.state === 'failed') === (claim.state === 'failed')) return { kind: 'repeated' }
    onDispute(claim, 'contradiction')
    return { kind: 'contradiction' }
  }
}

function agree(ours: PaymentTerms, theirs: PaymentTerms): boolean {
  return (
    ours.bookingId === theirs.bookingId &&
    ours.amountMinor === theirs.amountMinor &&
    ours.currency === theirs.currency
  )
}
