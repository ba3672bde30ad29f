import type { Catalogue } from '../catalogue/ports.ts'
import { Unavailable } from '../pipeline/unavailable.ts'
import type { Booking } from './model.ts'
import type { Holds, Ledger, Settlement } from './ports.ts'
import { settleEnding } from './settle-ending.ts'

export interface RefundCommand {
  bookingId: string
  userId: string
  role: 'customer' | 'organizer' | 'admin'
}

export type RefundOutcome =
  | { kind: 'refunded'; booking: Booking }
  | { kind: 'not_found' }
  | { kind: 'forbidden' }
  | { kind: 'window_closed' }
  | { kind: 'not_confirmed' }
  | { kind: 'already_released' }

export type Refund = (command: RefundCommand) => Promise<RefundOutcome>

/** Gives a confirmed booking's seats back and asks, in the same transaction, for its money to be given back. */
export function makeRefund(deps: {
  catalogue: Catalogue
  holds: Holds
  ledger: Ledger
  settlement: Settlement
  leaseMs: number
}): Refund {
  const { catalogue, holds, ledger, settlement, leaseMs } = deps
  return async ({ bookingId, userId, role }) => {
    const booking = await ledger.find(bookingId)
    if (!booking) return { kind: 'not_found' }
    const event = await catalogue.get(booking.eventId)
    const runsTheEvent = role === 'admin' || (role === 'organizer' && event?.organizerId === userId)
    if (!runsTheEvent && booking.userId !== userId) return { kind: 'forbidden' }
    if (booking.status === 'reserved') return { kind: 'not_confirmed' }
    if (booking.status !== 'confirmed') return { kind: 'already_released' }

    const { generation, nowMs } = await holds.openRefund(booking, leaseMs)
    const windowMs = (event?.refundWindowHours ?? 0) * 3_600_000
    if (!runsTheEvent && nowMs >= (booking.confirmedAtMs ?? 0) + windowMs) return { kind: 'window_closed' }
    const result = await ledger.refund(booking, generation, nowMs)
    switch (result.kind) {
      case 'ended':
        await settleEnding(settlement, result.booking)
        return { kind: 'refunded', booking: result.booking }
      case 'already':
        return { kind: 'already_released' }
      case 'fenced':
        throw new Unavailable('seat store (rebuilt meanwhile)')
      default:
        return result satisfies never
    }
  }
}
