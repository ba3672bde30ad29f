import { randomUUID } from 'node:crypto'
import type { Payment, PaymentProvider, PaymentSimulation, PaymentState } from './ports.ts'

/** The simulated provider's books. They outlive the process, as a real provider's would. */
export interface PaymentBooks {
  insert(payment: Payment): Promise<void>
  find(paymentId: string): Promise<Payment | null>
}

const stateOfSimulation: Readonly<Record<PaymentSimulation, PaymentState>> = {
  succeed: 'succeeded',
  decline: 'failed',
  pending: 'pending',
}

/** A payment provider for one's own machine: every payment turns out as it was asked to. */
export function makeSimulatedProvider(books: PaymentBooks): PaymentProvider {
  return {
    find: (paymentId) => books.find(paymentId),
    async create(wanted, simulate) {
      const payment: Payment = {
        id: `pay_${randomUUID()}`,
        ...wanted,
        state: stateOfSimulation[simulate],
      }
      await books.insert(payment)
      return payment
    },
  }
}
