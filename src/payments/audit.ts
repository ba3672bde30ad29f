/**
 * The invariants of money: a confirmed booking has one payment that succeeded, of its amount; a payment that succeeded has
 * its confirmed booking, or is on its way back; a refunded booking's payment is; and the provider's books say the same.
 */

export type PaymentFinding =
  | { kind: 'confirmed_unpaid'; bookingId: string; paymentId: string }
  | { kind: 'paid_unconfirmed'; bookingId: string; paymentId: string }
  | { kind: 'refunded_not_paid_back'; bookingId: string; paymentId: string }
  | { kind: 'payment_books_differ'; paymentId: string; ours: string; theirs: string }

/**
 * One look. What is found may be on its way: it counts when it is found again, the same. Of each kind the longest standing
 * are named, twenty at most.
 */
export type AuditPayments = () => Promise<PaymentFinding[]>
