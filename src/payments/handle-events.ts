/**
 * What becomes of payments: a success confirms its booking or is given back, the last decline gives the seats back, and a
 * refund that was asked for is asked of the provider until it is done. Every handler may be called again with the same
 * event, and two calls at once do no more than one.
 */
import { type EventHandler, PoisonEvent, type ReceivedEvent } from '../pipeline/consumer-ports.ts'
import type { Payment, PaymentProvider, PaymentStore } from './ports.ts'

/** Gives a booking what its payment paid for. @returns `keep` when it is paid by this payment, else why not */
export type Redeem = (payment: Payment) => Promise<'keep' | 'give_back'>
/** Ends a hold that will not be paid for. What has ended already stays as it is. */
export type Release = (payment: Payment) => Promise<void>

type Store = Pick<PaymentStore, 'find' | 'requestRefund' | 'markRefunded'>

/** `payment-events`. */
export function makePaymentEventHandler(deps: {
  payments: Store
  redeem: Redeem
  release: Release
}): EventHandler {
  const { payments, redeem, release } = deps
  return async (event) => {
    const payment = await paymentOf(payments, event)
    switch (event.type) {
      case 'payment.succeeded':
        // Anything else: it was given back since.
        if (payment.state !== 'succeeded') return
        if ((await redeem(payment)) === 'give_back') await payments.requestRefund(payment.id)
        return
      case 'payment.failed':
        if (payment.state === 'failed' && payment.isFinal) await release(payment)
        return
      default:
        throw new PoisonEvent(`unknown type ${event.type}`)
    }
  }
}

/** `payment-commands`. */
export function makePaymentCommandHandler(deps: {
  payments: Store
  provider: Pick<PaymentProvider, 'refund'>
  onRefunded: () => void
}): EventHandler {
  const { payments, provider, onRefunded } = deps
  return async (event) => {
    if (event.type !== 'refund.requested') throw new PoisonEvent(`unknown type ${event.type}`)
    const payment = await paymentOf(payments, event)
    if (payment.state === 'refunded') return
    if (payment.state !== 'refunding') throw new PoisonEvent(`payment ${payment.id} is ${payment.state}`)
    await provider.refund(payment.id)
    if (await payments.markRefunded(payment.id)) onRefunded()
  }
}

async function paymentOf(payments: Store, { data, eventId }: ReceivedEvent): Promise<Payment> {
  const paymentId = data['payment_id']
  if (typeof paymentId !== 'string') throw new PoisonEvent(`event ${eventId} names no payment`)
  const payment = await payments.find(paymentId)
  // It was written before its event: it is not late, it is not ours.
  if (!payment) throw new PoisonEvent(`payment ${paymentId} is not known`)
  return payment
}
