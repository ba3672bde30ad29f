/** How late the event loop is, as far as it lasts. */
export interface LoopDelay {
  /** Told of one look: how much later than planned it came. */
  looked(lateMs: number): void
  /** The least of the last looks, ms. */
  standingMs(): number
}

/**
 * Looks that must all be late. One turn that took long (a collection, one large answer) makes one look late and the next
 * one not; too much work makes them all late.
 */
const LOOKS = 3

/**
 * The rule of CoDel (RFC 8289): a queue that was empty once in the interval is a burst and does no harm, only one that stands is
 * overload. So it is the minimum that counts, never a mean or a maximum, and one look on time ends it.
 */
export function makeLoopDelay(): LoopDelay {
  const last = new Array<number>(LOOKS).fill(0)
  let next = 0
  return {
    looked(lateMs) {
      last[next] = Math.max(0, lateMs)
      next = (next + 1) % LOOKS
    },
    standingMs: () => Math.min(...last),
  }
}
