import type { Static } from 'typebox'
import type { PaymentView } from '../../payments/ports.ts'
import type { PaymentBody } from '../schemas/payment.ts'

export function paymentView(payment: PaymentView): Static<typeof PaymentBody> {
  return {
    payment_id: payment.id,
    booking_id: payment.bookingId,
    amount_minor: payment.amountMinor,
    currency: payment.currency,
    status: payment.state,
  }
}
