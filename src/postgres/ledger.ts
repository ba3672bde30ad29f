import type { Booking } from '../booking/model.ts'
import type { Ending, EndingResult, Ledger, RefundResult } from '../booking/ports.ts'
import { makeMicroBatch } from '../pipeline/micro-batch.ts'
import { partitionOfBooking } from '../pipeline/partition.ts'
import { Unavailable } from '../pipeline/unavailable.ts'
import { bookingOfRow } from './booking-row.ts'
import type { Database, Queryable } from './database.ts'
import { endBookings } from './end-bookings.ts'
import { sqlState } from './faults.ts'
import { findBookings } from './find-bookings.ts'
import { shareFences } from './locks.ts'
import { type RefundOrder, refundBookings } from './refund-bookings.ts'
import { requestRefund } from './request-refund.ts'
import { addSold, SOLD_WITHIN_CAPACITY, seatsByZone } from './zone-sold.ts'

/** Endings in one transaction, callers that may wait for one, and transactions under way at a time. */
const BATCH = { maxItems: 200, maxWaiting: 20_000, runs: 3 }

/**
 * Two transactions that insert the same confirmed booking at the same moment may meet in this index instead of at the
 * booking's id, where ON CONFLICT would have caught it: PostgreSQL goes on to the other indexes before it looks again.
 */
const PAYMENT_ID_KEY = 'bookings_payment_id_key'

/** Runs the commit of a batch, and may watch it. */
export type AroundBatch = <T>(endings: readonly Ending[], commit: () => Promise<T>) => Promise<T>

/**
 * The books. Every ending is one transaction over a batch: fences, bookings with their events, then the zones' sold seats.
 * A batch that a constraint refuses is done again one by one, so that only the booking at fault is refused.
 */
export function makeLedger(
  database: Database,
  onOversold: (booking: Booking) => void,
  around: AroundBatch = (_endings, commit) => commit(),
): Ledger {
  const refuse = () => new Unavailable('postgres (too many endings under way)')

  async function end(endings: Ending[]): Promise<EndingResult[]> {
    try {
      return await database.transaction((client) => endAll(client, endings))
    } catch (error) {
      if (!isConstraint(error)) throw error
      if (endings.length > 1) return inTurn(endings, (ending) => end([ending]))
      return [await endRefused(endings[0] as Ending, error)]
    }
  }

  /** @param error what a constraint said when this ending was tried alone */
  async function endRefused(ending: Ending, error: unknown): Promise<EndingResult> {
    if (constraintOf(error) === SOLD_WITHIN_CAPACITY) return cancelOversold(ending)
    if (constraintOf(error) === PAYMENT_ID_KEY) {
      // Another process has just confirmed the booking with this payment: now it is found.
      const [stored] = await findBookings(database, [ending.hold.bookingId])
      if (stored && stored.status !== 'reserved') return { kind: 'already', booking: stored }
    }
    return { kind: 'refused', error }
  }

  async function cancelOversold(ending: Ending): Promise<EndingResult> {
    const cancelled: Ending = {
      ...ending,
      to: 'cancelled',
      paymentId: null,
      confirmationCode: null,
    }
    const result = await database.transaction(async (client) => {
      const [outcome] = await endAll(client, [cancelled])
      if (outcome?.kind === 'ended' && ending.paymentId !== null)
        await requestRefund(client, ending.paymentId)
      return outcome as EndingResult
    })
    if (result.kind !== 'ended') return result
    onOversold(result.booking)
    return { kind: 'oversold', booking: result.booking }
  }

  async function refund(orders: RefundOrder[]): Promise<RefundResult[]> {
    return database.transaction(async (client) => {
      await shareFences(
        client,
        orders.map(({ bookingId }) => partitionOfBooking(bookingId)),
      )
      const rows = await refundBookings(client, orders)
      const results = await resultsOf(
        client,
        orders.map(({ bookingId }) => bookingId),
        rows,
      )
      const freed = results.flatMap((result) => (result.kind === 'ended' ? [result.booking] : []))
      const seats = seatsByZone(freed.map(({ zoneId, quantity }) => ({ zoneId, quantity: -quantity })))
      await addSold(client, seats)
      return results
    })
  }

  const endTogether = makeMicroBatch<Ending, EndingResult>({
    ...BATCH,
    keyOf: ({ hold }) => hold.bookingId,
    run: (endings) => around(endings, () => end(endings)),
    refuse,
  })
  const refundTogether = makeMicroBatch<RefundOrder, RefundResult>({
    ...BATCH,
    keyOf: ({ bookingId }) => bookingId,
    run: refund,
    refuse,
  })

  return {
    find: async (bookingId) => (await findBookings(database, [bookingId]))[0] ?? null,
    findMany: (bookingIds) => findBookings(database, bookingIds),
    end: (ending) => endTogether.add(ending),
    endBatch: (endings) => around(endings, () => end(endings)),
    refund: ({ bookingId }, generation, atMs) => refundTogether.add({ bookingId, generation, atMs }),
  }
}

async function endAll(client: Queryable, endings: Ending[]): Promise<EndingResult[]> {
  const bookingIds = endings.map(({ hold }) => hold.bookingId)
  await shareFences(client, bookingIds.map(partitionOfBooking))
  const results = await resultsOf(client, bookingIds, await endBookings(client, endings))
  const sold = results.flatMap((result) =>
    result.kind === 'ended' && result.booking.status === 'confirmed' ? [result.booking] : [],
  )
  await addSold(client, seatsByZone(sold))
  return results
}

/** What became of each booking that was asked for; those that another ending had come first to are read once more. */
async function resultsOf(
  client: Queryable,
  bookingIds: string[],
  rows: Awaited<ReturnType<typeof endBookings>>,
): Promise<RefundResult[]> {
  const byId = new Map(rows.map((row) => [row.asked_id, row]))
  const beaten = rows.filter((row) => row.id === null && !row.fenced).map((row) => row.asked_id)
  const stored = new Map(
    beaten.length > 0
      ? (await findBookings(client, beaten)).map((booking) => [booking.bookingId, booking])
      : [],
  )
  return bookingIds.map((bookingId) => {
    const row = byId.get(bookingId)
    if (!row || row.fenced) return { kind: 'fenced' }
    if (row.id !== null) return { kind: 'ended', booking: bookingOfRow(row) }
    const booking = stored.get(bookingId)
    if (!booking) throw new Error(`booking ${bookingId} was neither ended nor found`)
    return { kind: 'already', booking }
  })
}

function isConstraint(error: unknown): boolean {
  return sqlState(error)?.startsWith('23') === true
}

function constraintOf(error: unknown): string | undefined {
  return (error as { constraint?: string }).constraint
}

async function inTurn<T, R>(items: T[], work: (item: T) => Promise<R[]>): Promise<R[]> {
  const results: R[] = []
  for (const item of items) results.push(...(await work(item)))
  return results
}
