import type { GiveBack } from '../booking/give-back.ts'
import type { Booking } from '../booking/model.ts'
import { makeLoop, type Part } from './loop.ts'

const BOOKINGS_PER_STEP = 200

/** Gives back the bookings of cancelled events, until none is left. */
export function makeEventCancellation(deps: {
  find: (limit: number) => Promise<Booking[]>
  giveBack: GiveBack
  intervalMs: number
  observer: { gaveBack(booking: Booking): void }
  onError: (name: string, error: unknown) => void
}): Part {
  return makeLoop({
    name: 'event-cancellation',
    idleMs: deps.intervalMs,
    maxPauseMs: 10_000,
    onError: deps.onError,
    async step() {
      const bookings = await deps.find(BOOKINGS_PER_STEP)
      const results = await Promise.allSettled(bookings.map((booking) => deps.giveBack(booking)))
      let ended = 0
      for (const [i, result] of results.entries()) {
        if (result.status === 'rejected') throw result.reason
        if (result.value) {
          ended++
          deps.observer.gaveBack(bookings[i] as Booking)
        }
      }
      return bookings.length === BOOKINGS_PER_STEP && ended > 0 ? 'more' : 'idle'
    },
  })
}
