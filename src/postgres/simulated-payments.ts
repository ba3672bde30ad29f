import type { Payment, PaymentState } from '../payments/ports.ts'
import type { PaymentBooks } from '../payments/simulated-provider.ts'
import type { Queryable } from './database.ts'

interface PaymentRow {
  id: string
  booking_id: string
  /** bigint: text in node-postgres. At most 10 times a price, so a safe integer. */
  amount_minor: string
  currency: string
  state: PaymentState
}

const INSERT = `INSERT INTO simulated_payments (id, booking_id, amount_minor, currency, state) VALUES ($1, $2, $3, $4, $5)`
const FIND = `SELECT id, booking_id, amount_minor, currency, state FROM simulated_payments WHERE id = $1`

/** The books of the simulated payment provider. */
export function makePaymentBooks(db: Queryable): PaymentBooks {
  return {
    async insert({ id, bookingId, amountMinor, currency, state }) {
      await db.query({
        name: 'payment_insert',
        text: INSERT,
        values: [id, bookingId, amountMinor, currency, state],
      })
    },
    async find(paymentId) {
      const { rows } = await db.query<PaymentRow>({
        name: 'payment_find',
        text: FIND,
        values: [paymentId],
      })
      return rows[0] ? paymentOfRow(rows[0]) : null
    },
  }
}

function paymentOfRow(row: PaymentRow): Payment {
  return {
    id: row.id,
    bookingId: row.booking_id,
    amountMinor: Number(row.amount_minor),
    currency: row.currency,
    state: row.state,
  }
}
