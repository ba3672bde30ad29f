import { randomUUID } from 'node:crypto'
import { Unavailable } from '../pipeline/unavailable.ts'
import type { NewPayment, Payment, PaymentMethod, PaymentProvider, PaymentStore } from './ports.ts'
import { afterTaking } from './refresh.ts'
import type { TakeProviderOutcome } from './take-outcome.ts'

export interface IntentCommand {
  bookingId: string
  userId: string
  /** From the booking, never from the client. */
  amountMinor: number
  currency: string
  method: PaymentMethod
  traceparent: string | null
}

/** `opened`: by this call. `open`: the one that was there. `attempts_used`: the last that was allowed was declined. */
export type IntentOutcome =
  | { kind: 'opened'; payment: Payment }
  | { kind: 'open'; payment: Payment }
  | { kind: 'attempts_used' }

export type StartIntent = (command: IntentCommand) => Promise<IntentOutcome>

/** Requests that race for an attempt lose at most to as many attempts as there are; then the caller tries again. */
const MAX_LOOKS = 5

/**
 * Starts the payment of a booking. One is open at a time, and whoever asks again gets that one; after a decline there is
 * another attempt, up to `maxAttempts`. Our books first, then the provider: when this process dies in between, the
 * poller, or the same request again, finds the payment pending and asks the provider for it.
 */
export function makeStartIntent(deps: {
  payments: PaymentStore
  provider: PaymentProvider
  take: TakeProviderOutcome
  maxAttempts: number
  pollAfterMs: number
}): StartIntent {
  const { payments, provider, take, maxAttempts, pollAfterMs } = deps

  return async (command) => {
    const outcome = await open(command)
    if (outcome.kind === 'attempts_used' || outcome.payment.state !== 'pending') return outcome
    const theirs = await provider.create(outcome.payment)
    return { ...outcome, payment: await afterTaking({ payments, take }, outcome.payment, theirs) }
  }

  async function open(command: IntentCommand): Promise<IntentOutcome> {
    for (let looks = 0; looks < MAX_LOOKS; looks++) {
      const latest = await payments.latestOf(command.bookingId)
      if (latest && latest.state !== 'failed') return { kind: 'open', payment: latest }
      if (latest?.isFinal) return { kind: 'attempts_used' }
      const attempt = (latest?.attempt ?? 0) + 1
      const payment: NewPayment = {
        ...command,
        id: `pay_${randomUUID()}`,
        attempt,
        isFinal: attempt >= maxAttempts,
      }
      if (await payments.insert(payment, pollAfterMs)) {
        return { kind: 'opened', payment: { ...payment, state: 'pending' } }
      }
    }
    throw new Unavailable(`payment of booking ${command.bookingId} (asked for too often at once)`)
  }
}
