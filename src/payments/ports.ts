/** `pending` may still become either of the others; those never change again. */
export type PaymentState = 'pending' | 'succeeded' | 'failed'

export interface Payment {
  id: string
  bookingId: string
  amountMinor: number
  /** ISO 4217 */
  currency: string
  state: PaymentState
}

export type PaymentSimulation = 'succeed' | 'decline' | 'pending'

/** The payment provider, as far as a booking needs it. */
export interface PaymentProvider {
  find(paymentId: string): Promise<Payment | null>
  /** Starts a payment of an amount that comes from the booking, never from the client. */
  create(
    payment: Pick<Payment, 'bookingId' | 'amountMinor' | 'currency'>,
    simulate: PaymentSimulation,
  ): Promise<Payment>
}
