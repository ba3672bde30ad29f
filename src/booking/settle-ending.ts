import { Unavailable } from '../pipeline/unavailable.ts'
import type { Booking } from './model.ts'
import type { Settlement } from './ports.ts'

/**
 * Lets the seats follow a stored ending. It is committed and true already, so a seat store that is away changes nothing of
 * the answer: the hold stays due, and the expiry worker settles it.
 */
export async function settleEnding(settlement: Settlement, booking: Booking): Promise<void> {
  const { status } = booking
  if (status === 'reserved') return
  try {
    await settlement.settle([{ ...booking, status }])
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error
  }
}
