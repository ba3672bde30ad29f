import type { Booking } from '../booking/model.ts'
import type { Holds, Ledger } from '../booking/ports.ts'
import { makeLoop, type Part } from './loop.ts'

const BOOKINGS_PER_STEP = 200

/**
 * Ends reservations that are long over in PostgreSQL and of which Redis has no hold (somebody deleted it). The expiry worker
 * never sees those. Their seats stay away until Redis is rebuilt; the audit says so.
 */
export function makeForgottenHolds(deps: {
  find: (limit: number) => Promise<Booking[]>
  holds: Holds
  ledger: Ledger
  intervalMs: number
  onError: (name: string, error: unknown) => void
}): Part {
  return makeLoop({
    name: 'forgotten-holds',
    idleMs: deps.intervalMs,
    maxPauseMs: 60_000,
    onError: deps.onError,
    async step() {
      for (const booking of await deps.find(BOOKINGS_PER_STEP)) {
        const view = await deps.holds.open(booking.bookingId, 0)
        if (view.kind === 'live') continue
        await deps.ledger.end({
          hold: booking,
          generation: view.generation,
          atMs: view.nowMs,
          to: 'expired',
          paymentId: null,
          confirmationCode: null,
        })
      }
      return 'idle'
    },
  })
}
