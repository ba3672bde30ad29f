import type { Booking } from './model.ts'
import type { Holds, Ledger, Settlement } from './ports.ts'
import { settleEnding } from './settle-ending.ts'

/** Ends a booking of a cancelled event: a hold is cancelled, a confirmed booking refunded. @returns whether it ended now */
export type GiveBack = (booking: Booking) => Promise<boolean>

export function makeGiveBack(deps: {
  holds: Holds
  ledger: Ledger
  settlement: Settlement
  leaseMs: number
}): GiveBack {
  const { holds, ledger, settlement, leaseMs } = deps

  async function refund(booking: Booking): Promise<boolean> {
    const { generation, nowMs } = await holds.openRefund(booking, leaseMs)
    const result = await ledger.refund(booking, generation, nowMs)
    if (result.kind === 'ended') await settleEnding(settlement, result.booking)
    return result.kind === 'ended'
  }

  async function cancel(booking: Booking): Promise<boolean> {
    const view = await holds.open(booking.bookingId, leaseMs)
    const result = await ledger.end({
      hold: booking,
      generation: view.generation,
      atMs: view.nowMs,
      to: 'cancelled',
      paymentId: null,
      confirmationCode: null,
    })
    if (result.kind === 'fenced') return false
    if (result.kind === 'refused') throw result.error
    await settleEnding(settlement, result.booking)
    return result.kind === 'ended'
  }

  return (booking) => (booking.status === 'confirmed' ? refund(booking) : cancel(booking))
}
