import { randomUUID } from 'node:crypto'
import type { Hold } from '../../src/booking/model.ts'
import type { PaymentPorts } from '../../src/compose/payments.ts'
import type { NewPayment } from '../../src/payments/ports.ts'
import type { TakeProviderOutcome } from '../../src/payments/take-outcome.ts'

/** Payments of one hold that are made at once take each other's numbers. */
const MAX_TRIES = 20

/** A payment of a hold in both books, past the rule that one is open at a time. @returns its id */
export async function charge(
  { payments, provider }: PaymentPorts,
  take: TakeProviderOutcome,
  hold: Hold,
  more: Partial<NewPayment>,
): Promise<string> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const payment: NewPayment = {
      id: `pay_${randomUUID()}`,
      bookingId: hold.bookingId,
      userId: hold.userId,
      amountMinor: hold.unitPriceMinor * hold.quantity,
      currency: hold.currency,
      method: 'succeed',
      attempt: ((await payments.latestOf(hold.bookingId))?.attempt ?? 0) + 1,
      isFinal: false,
      traceparent: null,
      ...more,
    }
    if (!(await payments.insert(payment, 0))) continue
    await take(await provider.create(payment))
    return payment.id
  }
  throw new Error(`booking ${hold.bookingId} has an open payment`)
}
