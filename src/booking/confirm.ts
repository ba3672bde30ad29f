import type { PaymentLookup } from '../payments/ports.ts'
import { Unavailable } from '../pipeline/unavailable.ts'
import { confirmationCode } from './confirmation-code.ts'
import type { Booking, Hold } from './model.ts'
import type { Holds, Ledger, Settlement } from './ports.ts'
import { settleEnding } from './settle-ending.ts'

export interface ConfirmCommand {
  bookingId: string
  userId: string
  paymentId: string
}

export type ConfirmOutcome =
  | { kind: 'confirmed'; booking: Booking }
  | { kind: 'not_found' }
  | { kind: 'not_yours' }
  | { kind: 'expired' }
  | { kind: 'released' }
  | { kind: 'confirmed_by_other_payment' }
  | { kind: 'payment_not_completed'; why: string }
  | { kind: 'oversold' }

export type Confirm = (command: ConfirmCommand) => Promise<ConfirmOutcome>

/**
 * Ends a hold as sold. PostgreSQL decides; the seats in Redis follow what it stored. When the outcome of the commit is
 * unknown this throws and settles nothing: the hold's due time was brought forward, and expiry asks PostgreSQL again.
 */
export function makeConfirm(deps: {
  holds: Holds
  ledger: Ledger
  settlement: Settlement
  payments: PaymentLookup
  leaseMs: number
}): Confirm {
  const { holds, ledger, settlement, payments, leaseMs } = deps
  return async ({ bookingId, userId, paymentId }) => {
    const view = await holds.open(bookingId, leaseMs)
    if (view.kind === 'none') return ended(await ledger.find(bookingId), userId, paymentId)
    if (view.hold.userId !== userId) return { kind: 'not_yours' }

    const expired = view.nowMs >= view.hold.expiresAtMs
    const why = expired ? null : await refusal(payments, paymentId, view.hold)
    if (expired || why !== null) {
      // A confirm whose answer was lost may have committed long ago.
      const stored = await ledger.find(bookingId)
      if (stored && stored.status !== 'reserved') return ended(stored, userId, paymentId)
      return why === null ? { kind: 'expired' } : { kind: 'payment_not_completed', why }
    }

    const result = await ledger.end({
      hold: view.hold,
      generation: view.generation,
      atMs: view.nowMs,
      to: 'confirmed',
      paymentId,
      confirmationCode: confirmationCode(),
    })
    switch (result.kind) {
      case 'ended':
      case 'already':
      case 'oversold': {
        const { booking } = result
        await settleEnding(settlement, booking)
        if (result.kind === 'oversold') return { kind: 'oversold' }
        return ended(booking, userId, paymentId)
      }
      case 'fenced':
        throw new Unavailable('seat store (rebuilt meanwhile)')
      case 'refused':
        throw result.error
      default:
        return result satisfies never
    }
  }
}

/** Why a payment does not pay for a hold, or null when it does. */
async function refusal(payments: PaymentLookup, paymentId: string, hold: Hold): Promise<string | null> {
  const payment = await payments.find(paymentId)
  if (!payment) return 'there is no such payment'
  if (payment.bookingId !== hold.bookingId) return 'the payment is for another booking'
  if (payment.state !== 'succeeded') return `the payment is ${payment.state}`
  if (payment.amountMinor !== hold.unitPriceMinor * hold.quantity || payment.currency !== hold.currency) {
    return 'the payment is for another amount'
  }
  return null
}

function ended(booking: Booking | null, userId: string, paymentId: string): ConfirmOutcome {
  if (!booking) return { kind: 'not_found' }
  if (booking.userId !== userId) return { kind: 'not_yours' }
  switch (booking.status) {
    case 'confirmed':
      return booking.paymentId === paymentId
        ? { kind: 'confirmed', booking }
        : { kind: 'confirmed_by_other_payment' }
    case 'expired':
      return { kind: 'expired' }
    case 'cancelled':
    case 'refunded':
      return { kind: 'released' }
    case 'reserved':
      // PostgreSQL knows the booking and the seat store does not: it is being rebuilt.
      throw new Unavailable(`hold of booking ${booking.bookingId}`)
    default:
      return booking.status satisfies never
  }
}
