import type { PaymentMethod, PaymentProvider, PaymentTerms, ProviderPayment } from './ports.ts'

/** What the provider will do with a payment. `afterMs` null: it stays pending until somebody completes it. */
export interface Plan {
  outcome: 'succeeded' | 'failed'
  afterMs: number | null
  webhooks: number
}

/** The simulated provider's books. They outlive the process, as a real provider's would. */
export interface ProviderBooks {
  find(paymentId: string): Promise<ProviderPayment | null>
  /** Writes a payment and the webhooks that it will cause; the same id again changes nothing. */
  insert(payment: PaymentTerms, plan: Plan): Promise<ProviderPayment>
  refund(paymentId: string): Promise<void>
}

const DELAY_MS = 2000

const planOf: Readonly<Record<PaymentMethod, Plan>> = {
  succeed: { outcome: 'succeeded', afterMs: 0, webhooks: 1 },
  decline: { outcome: 'failed', afterMs: 0, webhooks: 1 },
  pending: { outcome: 'succeeded', afterMs: null, webhooks: 0 },
  delayed: { outcome: 'succeeded', afterMs: DELAY_MS, webhooks: 1 },
  delayed_decline: { outcome: 'failed', afterMs: DELAY_MS, webhooks: 1 },
  // As good as at once, and yet after the answer: the buyer's bank took its time.
  lost_webhook: { outcome: 'succeeded', afterMs: 1, webhooks: 0 },
  doubled_webhook: { outcome: 'succeeded', afterMs: 1, webhooks: 2 },
}

/** A payment provider for one's own machine: every payment turns out as its method says. */
export function makeSimulatedProvider(books: ProviderBooks): PaymentProvider {
  return {
    find: (paymentId) => books.find(paymentId),
    create: ({ method, ...payment }) => books.insert(payment, planOf[method]),
    refund: (paymentId) => books.refund(paymentId),
  }
}
