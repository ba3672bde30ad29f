import type { ProviderPayment } from '../payments/ports.ts'
import type { ProviderBooks } from '../payments/simulated-provider.ts'
import type { Queryable } from './database.ts'

/** What the provider says of a payment now. */
export const PROVIDER_STATE = `CASE WHEN refunded_at IS NOT NULL THEN 'refunded'
  WHEN settles_at <= clock_timestamp() THEN outcome ELSE 'pending' END`

interface ProviderRow {
  id: string
  booking_id: string
  /** bigint: text in node-postgres. */
  amount_minor: string
  currency: string
  state: ProviderPayment['state']
}

const FIND = `SELECT id, booking_id, amount_minor, currency, ${PROVIDER_STATE} AS state FROM simulated_payments WHERE id = $1`

// A payment that is pending for ever has no webhook to send: infinity stands for ever.
const INSERT = `
WITH inserted AS (
  INSERT INTO simulated_payments (id, booking_id, amount_minor, currency, outcome, settles_at)
  VALUES ($1, $2, $3, $4, $5, coalesce(clock_timestamp() + $6 * interval '1 millisecond', 'infinity'))
  ON CONFLICT DO NOTHING RETURNING *
), noted AS (
  INSERT INTO simulated_webhooks (payment_id, due_at) SELECT id, settles_at FROM inserted, generate_series(1, $7)
)
SELECT id, booking_id, amount_minor, currency, ${PROVIDER_STATE} AS state FROM inserted`

/** The books of the simulated payment provider. */
export function makeProviderBooks(database: Queryable): ProviderBooks {
  async function find(paymentId: string): Promise<ProviderPayment | null> {
    const { rows } = await database.query<ProviderRow>({
      name: 'provider_find',
      text: FIND,
      values: [paymentId],
    })
    return rows[0] ? paymentOfRow(rows[0]) : null
  }

  return {
    find,

    async insert({ id, bookingId, amountMinor, currency }, { outcome, afterMs, webhooks }) {
      const { rows } = await database.query<ProviderRow>({
        name: 'provider_insert',
        text: INSERT,
        values: [id, bookingId, amountMinor, currency, outcome, afterMs, webhooks],
      })
      const payment = rows[0] ? paymentOfRow(rows[0]) : await find(id)
      if (!payment) throw new Error(`payment ${id} was neither inserted nor found`)
      return payment
    },

    async refund(paymentId) {
      const { rowCount } = await database.query({
        name: 'provider_refund',
        text: `UPDATE simulated_payments SET refunded_at = coalesce(refunded_at, now())
          WHERE id = $1 AND outcome = 'succeeded' AND settles_at <= clock_timestamp()`,
        values: [paymentId],
      })
      if (rowCount === 0) throw new Error(`the provider has no money of payment ${paymentId}`)
    },
  }
}

function paymentOfRow(row: ProviderRow): ProviderPayment {
  return {
    id: row.id,
    bookingId: row.booking_id,
    amountMinor: Number(row.amount_minor),
    currency: row.currency,
    state: row.state,
  }
}
