/** The loads that pool sizes are compared with: reservations for Redis, confirmations for PostgreSQL. */
import type { CatalogueEvent } from '../../src/catalogue/model.ts'
import { untilDrained } from './backlog.ts'
import { type FilledHold, reserveMany } from './fill.ts'
import type { Plan } from './plan.ts'
import { tokenOf, writeLines, writeReserveFiles } from './sale.ts'
import type { LoadOptions } from './service-load.ts'
import type { Stage } from './stage.ts'

export interface PoolLoad {
  target: Pick<LoadOptions, 'script' | 'path' | 'counter'>
  /** Makes what a load of this length needs. */
  prepare(seconds: number): Promise<Pick<LoadOptions, 'scriptArgs' | 'atMost'>>
}

export function reserveLoad(stage: Stage, event: CatalogueEvent, plan: Plan): PoolLoad {
  const scriptArgs = writeReserveFiles(stage, event, plan.users)
  return {
    target: {
      script: 'reserve',
      path: '/api/v1/bookings/reserve',
      counter: 'booking_reservations_total{outcome="reserved"}',
    },
    prepare: async () => ({ scriptArgs }),
  }
}

/** Every confirmation needs a hold and a payment of its own: they are made, and in PostgreSQL, before the load begins. */
export function confirmLoad(stage: Stage, event: CatalogueEvent, plan: Plan, path: string): PoolLoad {
  return {
    target: { script: 'confirm', path: '/', counter: 'booking_confirmations_total{outcome="confirmed"}' },
    async prepare(seconds) {
      const holds = await reserveMany(stage, [event], plan.users, seconds * plan.confirmsPerSecond)
      await payAll(stage, holds)
      await untilDrained(stage)
      writeLines(
        path,
        holds.map(({ hold, user }) => {
          const body = JSON.stringify({ payment_id: paymentOf(hold.bookingId) })
          return `/api/v1/bookings/${hold.bookingId}/confirm\t${tokenOf(stage, user)}\t${body}`
        }),
      )
      return { scriptArgs: [path], atMost: holds.length }
    },
  }
}

/**
 * What was paid for so that there is enough to confirm, and was not confirmed before the load's end: to an audit it is money without a
 * ticket. To be called once no API runs any more.
 */
export async function forgetUnusedPayments({ tools }: Stage): Promise<void> {
  await tools.database.query({
    text: `WITH unused AS (
        DELETE FROM payments p USING bookings b
        WHERE b.id = p.booking_id AND b.status = 'reserved' AND p.state = 'succeeded' RETURNING p.id
      )
      DELETE FROM simulated_payments s USING unused WHERE s.id = unused.id`,
  })
}

const paymentOf = (bookingId: string): string => `pay_${bookingId}`

/** In our books and in the simulated provider's, as one statement. */
async function payAll({ tools }: Stage, holds: readonly FilledHold[]): Promise<void> {
  const bookings = holds.map(({ hold }) => hold)
  await tools.database.query({
    text: `WITH paid AS (
        SELECT * FROM unnest($1::text[], $2::uuid[], $3::bigint[], $4::text[], $5::text[]) AS p (id, booking_id, amount, currency, user_id)
      ), theirs AS (
        INSERT INTO simulated_payments (id, booking_id, amount_minor, currency, outcome)
        SELECT id, booking_id, amount, currency, 'succeeded' FROM paid
      )
      INSERT INTO payments (id, booking_id, user_id, amount_minor, currency, method, state, attempt, final)
      SELECT id, booking_id, user_id, amount, currency, 'succeed', 'succeeded', 1, false FROM paid`,
    values: [
      bookings.map(({ bookingId }) => paymentOf(bookingId)),
      bookings.map(({ bookingId }) => bookingId),
      bookings.map(({ unitPriceMinor, quantity }) => unitPriceMinor * quantity),
      bookings.map(({ currency }) => currency),
      bookings.map(({ userId }) => userId),
    ],
  })
}
