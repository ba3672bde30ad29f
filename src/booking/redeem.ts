import type { Payment } from '../payments/ports.ts'
import { Unavailable } from '../pipeline/unavailable.ts'
import type { Confirm } from './confirm.ts'
import type { Booking } from './model.ts'
import type { Holds, Ledger, Settlement } from './ports.ts'
import { settleEnding } from './settle-ending.ts'

/** Confirms the booking of a payment that succeeded. @returns `give_back` when nothing can be had for the money any more */
export function makeRedeem(deps: {
  confirm: Confirm
  holds: Holds
  ledger: Ledger
  settlement: Settlement
  leaseMs: number
}): (payment: Payment) => Promise<'keep' | 'give_back'> {
  const { confirm, holds, ledger, settlement, leaseMs } = deps

  return async (payment) => {
    const { id: paymentId, bookingId, userId } = payment
    const outcome = await confirm({ bookingId, userId, paymentId })
    switch (outcome.kind) {
      case 'confirmed':
        return 'keep'
      case 'expired':
        return expire(payment)
      case 'oversold':
      // The ledger has asked for the refund already; asking again is nothing.
      case 'released':
      case 'confirmed_by_other_payment':
      case 'payment_not_completed':
      case 'not_found':
      case 'not_yours':
        return 'give_back'
      default:
        return outcome satisfies never
    }
  }

  /**
   * A hold whose time is over may be confirmed yet by a request that looked at it a moment earlier. So it is ended before the
   * money is given back: whoever commits first decides.
   */
  async function expire({ id, bookingId }: Payment): Promise<'keep' | 'give_back'> {
    const view = await holds.open(bookingId, leaseMs)
    if (view.kind === 'none') return keptBy(id, await ledger.find(bookingId))
    const result = await ledger.end({
      hold: view.hold,
      generation: view.generation,
      atMs: view.nowMs,
      to: 'expired',
      paymentId: null,
      confirmationCode: null,
    })
    if (result.kind === 'refused') throw result.error
    if (result.kind === 'fenced') throw new Unavailable('seat store (rebuilt meanwhile)')
    await settleEnding(settlement, result.booking)
    return keptBy(id, result.booking)
  }
}

function keptBy(paymentId: string, booking: Booking | null): 'keep' | 'give_back' {
  if (booking?.status === 'reserved') throw new Unavailable(`hold of booking ${booking.bookingId}`)
  return booking?.status === 'confirmed' && booking.paymentId === paymentId ? 'keep' : 'give_back'
}
