import type { AuditPayments, PaymentFinding } from '../payments/audit.ts'
import type { Queryable } from './database.ts'
import { PROVIDER_STATE } from './simulated-payments.ts'

/** Named of each kind; the same ones every time, so that a look can be compared with the next. */
const NAMED = 20

const UNPAID = `
SELECT 'confirmed_unpaid' AS kind, b.id AS "bookingId", b.payment_id AS "paymentId"
FROM bookings b LEFT JOIN payments p ON p.id = b.payment_id
WHERE b.status = 'confirmed' AND (p.id IS NULL OR p.state <> 'succeeded' OR p.booking_id <> b.id
  OR p.amount_minor <> b.unit_price_minor::bigint * b.quantity OR p.currency <> b.currency)
ORDER BY b.id LIMIT ${NAMED}`

const UNCONFIRMED = `
SELECT 'paid_unconfirmed' AS kind, p.booking_id AS "bookingId", p.id AS "paymentId"
FROM payments p LEFT JOIN bookings b ON b.id = p.booking_id AND b.payment_id = p.id AND b.status = 'confirmed'
WHERE p.state = 'succeeded' AND b.id IS NULL ORDER BY p.updated_at, p.id LIMIT ${NAMED}`

const NOT_PAID_BACK = `
SELECT 'refunded_not_paid_back' AS kind, b.id AS "bookingId", b.payment_id AS "paymentId"
FROM bookings b LEFT JOIN payments p ON p.id = b.payment_id AND p.state IN ('refunding', 'refunded')
WHERE b.status = 'refunded' AND p.id IS NULL ORDER BY b.id LIMIT ${NAMED}`

// A refund that is under way may be done at the provider and not yet noted here. What the provider does not know is pending.
const DIFFER = `
SELECT 'payment_books_differ' AS kind, id AS "paymentId", coalesce(ours, 'unknown') AS ours, coalesce(theirs, 'unknown') AS theirs
FROM (
  SELECT coalesce(o.id, t.id) AS id, o.state AS ours, t.state AS theirs, t.created_at,
    (o.booking_id, o.amount_minor, o.currency) = (t.booking_id, t.amount_minor, t.currency) AS same_terms
  FROM payments o FULL JOIN (SELECT *, ${PROVIDER_STATE} AS state FROM simulated_payments) t ON t.id = o.id
) AS pair
WHERE ((ours = theirs OR (ours = 'refunding' AND theirs IN ('succeeded', 'refunded'))) AND same_terms) IS NOT TRUE
ORDER BY created_at, id LIMIT ${NAMED}`

/** Compares payments with bookings, and with the books of the simulated provider; each kind is one moment's picture. */
export function makeAuditPayments(database: Queryable): AuditPayments {
  return async () => {
    const found: PaymentFinding[] = []
    for (const [name, text] of [
      ['audit_unpaid', UNPAID],
      ['audit_unconfirmed', UNCONFIRMED],
      ['audit_not_paid_back', NOT_PAID_BACK],
      ['audit_books', DIFFER],
    ] as const) {
      const { rows } = await database.query<PaymentFinding>({ name, text })
      // Another prototype than a literal's would make equal findings differ.
      found.push(...rows.map((row) => ({ ...row })))
    }
    return found
  }
}
