import type { Booking, Hold } from './model.ts'
import type { DueHold, EndingResult, Holds, Ledger, Settled, Settlement } from './ports.ts'

/** Due holds are ended in steps of this many. */
const STEP = 500

export interface ExpireResult {
  /** Entries that were due and are dealt with. */
  handled: number
  expired: number
  /** Why a constraint did not admit some of the endings; those holds stay due. */
  refused: unknown[]
  /** Whether there may be more that is due now. */
  more: boolean
}

export type Expire = (partition: number) => Promise<ExpireResult>

/**
 * Looks at what is due in a partition. A hold whose time is over is ended as expired, unless PostgreSQL has another ending
 * already; either way its seats follow. A hold that is due early had an ending begun: when PostgreSQL stored one the seats
 * follow it now, otherwise the hold waits for its own time.
 */
export function makeExpire(deps: { holds: Holds; ledger: Ledger; settlement: Settlement }): Expire {
  const { holds, ledger, settlement } = deps

  return async (partition) => {
    const { generation, nowMs, items } = await holds.due(partition, STEP)
    const over: Hold[] = []
    const begun: DueHold[] = []
    for (const item of items) {
      if (item.kind === 'hold' && item.hold.expiresAtMs <= nowMs) over.push(item.hold)
      else begun.push(item)
    }
    const ended = await endAll(over, generation, nowMs)
    const { settled, waiting } = await lookUp(begun)
    const done = await settlement.settle([...ended.flatMap(settledOf), ...settled])
    await holds.postpone(waiting)
    const handled = done + waiting.length
    // What another worker ended meanwhile is settled here too, and counted there.
    const expired = ended.filter(({ kind }) => kind === 'ended').length
    // Without progress the rest of the due set is left for the next tick.
    const refused = ended.flatMap((result) => (result.kind === 'refused' ? [result.error] : []))
    return { handled, expired, refused, more: items.length === STEP && handled > 0 }
  }

  async function endAll(over: Hold[], generation: number, nowMs: number): Promise<EndingResult[]> {
    if (over.length === 0) return []
    return ledger.endBatch(
      over.map((hold) => ({
        hold,
        generation,
        atMs: nowMs,
        to: 'expired',
        paymentId: null,
        confirmationCode: null,
      })),
    )
  }

  async function lookUp(begun: DueHold[]): Promise<{ settled: Settled[]; waiting: string[] }> {
    if (begun.length === 0) return { settled: [], waiting: [] }
    const stored = new Map(
      (await ledger.findMany(begun.map(idOf))).map((booking) => [booking.bookingId, booking]),
    )
    const settled: Settled[] = []
    const waiting: string[] = []
    for (const item of begun) {
      const booking = stored.get(idOf(item))
      // A refund that was begun is over once the booking is refunded, a hold once the booking is anything but reserved.
      const over =
        item.kind === 'refund' ? booking?.status === 'refunded' : booking && booking.status !== 'reserved'
      if (booking && over) settled.push(...settledBooking(booking))
      else waiting.push(idOf(item))
    }
    return { settled, waiting }
  }
}

function idOf(item: DueHold): string {
  return item.kind === 'hold' ? item.hold.bookingId : item.bookingId
}

function settledOf(result: EndingResult): Settled[] {
  return result.kind === 'fenced' || result.kind === 'refused' ? [] : settledBooking(result.booking)
}

function settledBooking(booking: Booking): Settled[] {
  const { status } = booking
  return status === 'reserved' ? [] : [{ ...booking, status }]
}
