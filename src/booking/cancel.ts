import { Unavailable } from '../pipeline/unavailable.ts'
import type { Booking } from './model.ts'
import type { Holds, Ledger, Settlement } from './ports.ts'
import { settleEnding } from './settle-ending.ts'

export interface CancelCommand {
  bookingId: string
  userId: string
}

export type CancelOutcome =
  | { kind: 'cancelled'; booking: Booking }
  | { kind: 'not_found' }
  | { kind: 'not_yours' }
  | { kind: 'expired' }
  | { kind: 'already_confirmed' }
  | { kind: 'already_released' }

export type Cancel = (command: CancelCommand) => Promise<CancelOutcome>

/** Gives a hold's seats back before its time. As with confirm, PostgreSQL decides and Redis follows. */
export function makeCancel(deps: {
  holds: Holds
  ledger: Ledger
  settlement: Settlement
  leaseMs: number
}): Cancel {
  const { holds, ledger, settlement, leaseMs } = deps
  return async ({ bookingId, userId }) => {
    const view = await holds.open(bookingId, leaseMs)
    if (view.kind === 'none') return ended(await ledger.find(bookingId), userId)
    if (view.hold.userId !== userId) return { kind: 'not_yours' }

    const expired = view.nowMs >= view.hold.expiresAtMs
    const result = expired
      ? null
      : await ledger.end({
          hold: view.hold,
          generation: view.generation,
          atMs: view.nowMs,
          to: 'cancelled',
          paymentId: null,
          confirmationCode: null,
        })
    if (result === null) return endedLate(await ledger.find(bookingId), userId)
    switch (result.kind) {
      case 'ended':
        await settleEnding(settlement, result.booking)
        return { kind: 'cancelled', booking: result.booking }
      case 'already':
      case 'oversold': {
        const { booking } = result
        await settleEnding(settlement, booking)
        return ended(booking, userId)
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

/** A hold whose time is over is for the expiry worker to end, unless PostgreSQL has another ending already. */
function endedLate(booking: Booking | null, userId: string): CancelOutcome {
  return booking && booking.status !== 'reserved' ? ended(booking, userId) : { kind: 'expired' }
}

function ended(booking: Booking | null, userId: string): CancelOutcome {
  if (!booking) return { kind: 'not_found' }
  if (booking.userId !== userId) return { kind: 'not_yours' }
  switch (booking.status) {
    case 'confirmed':
      return { kind: 'already_confirmed' }
    case 'cancelled':
    case 'refunded':
      return { kind: 'already_released' }
    case 'expired':
      return { kind: 'expired' }
    case 'reserved':
      throw new Unavailable(`hold of booking ${booking.bookingId}`)
    default:
      return booking.status satisfies never
  }
}
