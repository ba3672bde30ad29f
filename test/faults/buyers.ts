/** Buyers that reserve, pay, confirm and cancel until they are told to stop, and remember every answer they got. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, ask, type OnSale } from './client.ts'

/** Between two visits: the load is to be there, not to take the cores from what is being tested. */
const THINK_MS = 25
/** A refused buyer comes back after so long: real ones do not spin either. */
const REFUSED_PAUSE_MS = 20

export interface Bought {
  bookingId: string
  user: string
  /** When the answer came, by performance.now(). */
  atMs: number
}

export interface Tally {
  /** What the names of these buyers begin with. */
  name: string
  /** Reservations that were answered with 201. */
  acknowledged: Map<string, Bought>
  confirmed: Set<string>
  cancelled: Set<string>
  /** Reservations without an answer, or with one that leaves open whether it was carried out (503, 504). */
  openReservations: number
  /** How often an answer was got: `reserve 201`, `confirm 503 UNAVAILABLE`, `confirm none ECONNREFUSED`. */
  answers: Map<string, number>
  /** Answers that no client should ever get: a 500, a 503 that does not say when to come back. */
  defects: string[]
}

export interface Buyers {
  tally: Tally
  /** Requests answered in one way since the start. */
  count(answer: string): number
  /** Buyers finish what they are at. */
  stop(): Promise<Tally>
}

type Step = 'reserve' | 'intent' | 'confirm' | 'cancel'

/**
 * @param options.confirmShare of the acknowledged reservations are paid and confirmed; `cancelShare` are given back
 * @param options.maxRequests after which everyone stops by themselves
 */
export function startBuyers(
  api: string,
  sales: readonly OnSale[],
  options: { buyers?: number; confirmShare?: number; cancelShare?: number; maxRequests?: number } = {},
): Buyers {
  const { buyers = 16, confirmShare = 0.2, cancelShare = 0.1, maxRequests = 8000 } = options
  const tally: Tally = {
    name: `buyer-${randomUUID().slice(0, 8)}`,
    acknowledged: new Map(),
    confirmed: new Set(),
    cancelled: new Set(),
    openReservations: 0,
    answers: new Map(),
    defects: [],
  }
  let stopped = false
  let requests = 0

  async function send(step: Step, path: string, user: string, body?: unknown): Promise<Answer | null> {
    requests++
    const options = { user, ...(body ? { body } : {}) }
    const answer = await ask('POST', `${api}/api/v1${path}`, options).catch(reasonOf)
    const name =
      typeof answer === 'string'
        ? `${step} none ${answer}`
        : [step, answer.status, answer.code].join(' ').trim()
    tally.answers.set(name, (tally.answers.get(name) ?? 0) + 1)
    if (typeof answer === 'string') {
      if (step === 'reserve' && answer !== 'ECONNREFUSED') tally.openReservations++
      await sleep(REFUSED_PAUSE_MS)
      return null
    }
    const isDefect = answer.status === 500 || (answer.status === 503 && !answer.retryAfter)
    if (isDefect) tally.defects.push(`${name}: ${JSON.stringify(answer.body)}`)
    if (step === 'reserve' && isLeftOpen(answer)) tally.openReservations++
    if (answer.status >= 500) await sleep(REFUSED_PAUSE_MS)
    return answer
  }

  async function visit(sale: OnSale, user: string): Promise<void> {
    const body = { event_id: sale.eventId, zone_id: sale.zoneId, quantity: 1 }
    const reserved = await send('reserve', '/bookings/reserve', user, body)
    if (reserved?.status !== 201) return
    const bookingId = reserved.body.booking_id as string
    tally.acknowledged.set(bookingId, { bookingId, user, atMs: performance.now() })
    const dice = Math.random()
    if (dice < confirmShare) await pay(bookingId, user)
    else if (dice < confirmShare + cancelShare) {
      const cancelled = await send('cancel', `/bookings/${bookingId}/cancel`, user)
      if (cancelled?.status === 200) tally.cancelled.add(bookingId)
    }
  }

  async function pay(bookingId: string, user: string): Promise<void> {
    const intent = await send('intent', '/payments/intents', user, { booking_id: bookingId })
    if (intent?.status !== 201) return
    const body = { payment_id: intent.body.payment_id }
    const confirmed = await send('confirm', `/bookings/${bookingId}/confirm`, user, body)
    if (confirmed?.status === 200) tally.confirmed.add(bookingId)
  }

  async function buyer(number: number): Promise<void> {
    for (let turn = 0; !stopped && requests < maxRequests; turn++) {
      const sale = sales[(number + turn) % sales.length]
      if (sale) await visit(sale, `${tally.name}-${number}-${turn >> 2}`)
      if (!stopped) await sleep(THINK_MS)
    }
  }

  const running = Promise.all(Array.from({ length: buyers }, (_, number) => buyer(number)))
  return {
    tally,
    count: (answer) => tally.answers.get(answer) ?? 0,
    async stop() {
      stopped = true
      await running
      return tally
    },
  }
}

/** Whether it may have been carried out: a full stream refuses before it looks at anything. */
function isLeftOpen({ status, code }: Answer): boolean {
  return status >= 500 && code !== 'OVERLOADED'
}

/** Why no answer came: ECONNREFUSED is the one that was never sent. */
function reasonOf(error: unknown): string {
  const { cause, name } = error as Error
  return (cause as { code?: string } | undefined)?.code ?? name
}
