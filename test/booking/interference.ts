/** Stops and faults at named places between the stores: what a slow process, a lost answer or a crash looks like from outside. */
import type { Core } from '../../src/compose/booking.ts'
import { Unavailable } from '../../src/pipeline/unavailable.ts'

/** Set a place to wait there or to throw there; delete it to pass through again. */
export interface Places {
  /** Whoever wants to refund has read the booking in PostgreSQL, and not yet told Redis. */
  beforeOpenRefund?: () => Promise<void>
  /** A hold was read by whoever wants to end it. */
  afterOpen?: (bookingId: string) => Promise<void>
  /** The expiry worker has read what is due. */
  afterDue?: (bookings: number) => Promise<void>
  beforeCommit?: () => Promise<void>
  /** PostgreSQL has committed an ending; to throw here is to lose its answer. */
  afterCommit?: () => Promise<void>
  beforeSettle?: () => Promise<void>
  /** The seats have moved; to throw here is to lose Redis's answer. */
  afterSettle?: () => Promise<void>
}

/** For `openService`'s `wrap`. */
export function interfere(places: Places): (core: Core) => Core {
  async function commit<T>(write: () => Promise<T>): Promise<T> {
    await places.beforeCommit?.()
    const result = await write()
    await places.afterCommit?.()
    return result
  }

  return (core) => {
    const { holds, ledger, settlement } = core
    return {
      ...core,
      holds: {
        ...holds,
        async open(bookingId, leaseMs) {
          const view = await holds.open(bookingId, leaseMs)
          await places.afterOpen?.(bookingId)
          return view
        },
        async openRefund(booking, leaseMs) {
          await places.beforeOpenRefund?.()
          const seen = await holds.openRefund(booking, leaseMs)
          await places.afterOpen?.(booking.bookingId)
          return seen
        },
        async due(partition, limit) {
          const seen = await holds.due(partition, limit)
          if (seen.items.length > 0) await places.afterDue?.(seen.items.length)
          return seen
        },
      },
      ledger: {
        ...ledger,
        end: (ending) => commit(() => ledger.end(ending)),
        endBatch: (endings) => commit(() => ledger.endBatch(endings)),
        refund: (booking, generation, atMs) => commit(() => ledger.refund(booking, generation, atMs)),
      },
      settlement: {
        async settle(endings) {
          if (endings.length > 0) await places.beforeSettle?.()
          const settled = await settlement.settle(endings)
          if (endings.length > 0) await places.afterSettle?.()
          return settled
        },
      },
    }
  }
}

/** A place where work waits until it is let on. */
export function makeGate() {
  const reached = Promise.withResolvers<void>()
  const opened = Promise.withResolvers<void>()
  return {
    pass: async () => {
      reached.resolve()
      await opened.promise
    },
    reached: reached.promise,
    open: () => opened.resolve(),
  }
}

export async function lose(): Promise<void> {
  throw new Unavailable('a store (its answer was lost by the test)')
}
