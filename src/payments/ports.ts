/**
 * Paying for a booking. A payment has two books: ours and the provider's. Ours is written first, so that no charge is
 * unknown to us; what the provider says, by webhook or when asked, moves ours forward, in the same transaction as the
 * event that tells the rest of the service.
 */

/**
 * pending → succeeded | failed, succeeded → refunding → refunded. `refunding`: the refund was asked for, once, and will
 * be asked of the provider until it is done.
 */
export type PaymentState = 'pending' | 'succeeded' | 'failed' | 'refunding' | 'refunded'

/** What a payment must agree on wherever it is written down. */
export interface PaymentTerms {
  id: string
  bookingId: string
  amountMinor: number
  /** ISO 4217 */
  currency: string
}

/** A payment and how far it got, in whosever books. */
export interface PaymentView extends PaymentTerms {
  state: PaymentState
}

/** A payment in our books. */
export interface Payment extends PaymentView {
  userId: string
  /** What the buyer chose to pay with, as the provider understands it. */
  method: PaymentMethod
  /** Counts the attempts to pay for the booking from 1. */
  attempt: number
  /** No attempt comes after this one: when it fails the seats go back. */
  isFinal: boolean
  traceparent: string | null
}

/** What the simulated provider can be asked to do; see simulated-provider.ts. */
export const paymentMethods = [
  'succeed',
  'decline',
  'pending',
  'delayed',
  'delayed_decline',
  'lost_webhook',
  'doubled_webhook',
] as const
export type PaymentMethod = (typeof paymentMethods)[number]

export type NewPayment = Omit<Payment, 'state'>

/** The state that the provider may report of a payment. */
export interface ProviderPayment extends PaymentTerms {
  state: 'pending' | 'succeeded' | 'failed' | 'refunded'
}

/** The payment provider. @throws Unavailable, and then nobody knows whether it did what it was asked */
export interface PaymentProvider {
  find(paymentId: string): Promise<ProviderPayment | null>
  /** Begins a payment under an id of ours; the same id again answers with the payment that is there. */
  create(payment: PaymentTerms & { method: PaymentMethod }): Promise<ProviderPayment>
  /** Gives the whole amount back; again, nothing happens. */
  refund(paymentId: string): Promise<void>
}

/** Our books. Every change of a state is one transaction with its event. */
export interface PaymentStore {
  find(paymentId: string): Promise<Payment | null>
  /** The last attempt to pay for a booking. */
  latestOf(bookingId: string): Promise<Payment | null>
  /** Writes a payment as pending. @returns false when this attempt, or another open one, is there already */
  insert(payment: NewPayment, firstPollAfterMs: number): Promise<boolean>
  /** Moves a pending payment forward and tells so. @returns false when it was not pending any more */
  settle(paymentId: string, to: 'succeeded' | 'failed'): Promise<boolean>
  /** Asks for a payment that succeeded to be given back. @returns false when it is not, or was asked for before */
  requestRefund(paymentId: string): Promise<boolean>
  /** Notes that the provider gave it back. @returns false when that was noted before */
  markRefunded(paymentId: string): Promise<boolean>
  /** Pending payments that it is time to ask for, longest waiting first; each is put off for longer every time. */
  claimPending(limit: number, backOff: BackOff): Promise<Payment[]>
}

/** The n-th wait, from 1, is `firstMs · 2^(n-1)`, at most `maxMs`. */
export interface BackOff {
  firstMs: number
  maxMs: number
}

/** Payments for confirm: their state as it is now, which may mean asking the provider. */
export interface PaymentLookup {
  find(paymentId: string): Promise<PaymentView | null>
}
