/** What clients do wrong, and what goes wrong with them: each has its own check. SALE is small, and holds are short. */
import { check, sleep } from 'k6'
import exec from 'k6/execution'
import http from 'k6/http'
import { Counter } from 'k6/metrics'
import type { Options } from 'k6/options'
import { hold, pay } from '../lib/buy.ts'
import { counted, everyCheck, shared } from '../lib/limits.ts'
import * as api from '../lib/requests.ts'
import { baseUrl, numberOf, sale, tokenOf, zoneOf } from '../lib/settings.ts'
import { mayBeDone } from '../lib/unanswered.ts'

const rounds = numberOf('ROUNDS', 20)
const holdSeconds = numberOf('HOLD_SECONDS', 4)
/** The expiry worker looks each second. */
const EXPIRED_AFTER = holdSeconds + 3
/** The simulated one takes two for a delayed payment; the hold lives longer. */
const SLOW_PROVIDER_SECONDS = 2.3

/** Reservations that a retry made, the first of which was not answered. */
const reservedByRetry = new Counter('reserved_by_retry')

const each = (name: string) => ({
  executor: 'per-vu-iterations' as const,
  exec: name,
  vus: 5,
  iterations: Math.ceil(rounds / 5),
  maxDuration: '120s',
})

const faults = [
  'hangUp',
  'retriedKeys',
  'doubleCancel',
  'lateConfirm',
  'slowPayment',
  'declined',
  'nonsense',
  'lastSeat',
]

export const options: Options = {
  ...shared,
  batch: 20,
  batchPerHost: 20,
  scenarios: {
    ...Object.fromEntries(faults.map((name) => [name, each(name)])),
    lastSeat: { ...each('lastSeat'), vus: 1, iterations: 1 },
  },
  thresholds: { ...everyCheck, ...counted('reserve', 'confirm', 'cancel') },
}

/** Another person each time, of nobody else's turn. */
const person = (turn: number) => `${exec.scenario.name}-${turn}`
const tokenOfTurn = () => tokenOf(turnOf())
const turnOf = () => faults.indexOf(exec.scenario.name) * rounds * 2 + exec.scenario.iterationInTest

/** Hangs up before the answer comes, and asks again with the same key: one booking. */
export function hangUp(): void {
  const token = tokenOfTurn()
  const wish = { zoneId: zoneOf(1), key: person(turnOf()) }
  const first = api.reserve(token, { ...wish, timeout: '1ms' })
  const second = api.reserve(token, { ...wish, name: 'reserve-again' })
  check(second, { 'hung up, asked again: one booking': ({ status }) => status === 201 })
  if (first.status !== 201 && second.status === 201) reservedByRetry.add(1)
  check(api.bookings(token), {
    'hung up: it is in the list once': (answer) => ofThisSale(answer).length === 1,
  })
}

/** People may have been at other sales before. */
function ofThisSale(list: api.Answer): unknown[] {
  const items = list.json('items') as { event_id: string }[]
  return items.filter((item) => item.event_id === sale.eventId)
}

/** The same key again, at the same time and with another wish. */
export function retriedKeys(): void {
  const token = tokenOfTurn()
  const key = person(turnOf())
  const wish = { zoneId: zoneOf(1), key }
  const request = (name: string) => ({
    method: 'POST' as const,
    url: `${baseUrl}/bookings/reserve`,
    body: api.reserveBody(wish),
    params: api.paramsOf({ name, token, headers: { 'Idempotency-Key': key } }, true),
  })
  const [first, ...others] = http.batch([
    request('reserve'),
    ...Array.from({ length: 4 }, () => request('reserve-again')),
  ])
  if (!first) return
  mayBeDone('reserve', first)
  const ids = new Set([first, ...others].map((answer) => api.field(answer as api.Answer, 'booking_id')))
  check(first, { 'five at once with one key: one booking': ({ status }) => status === 201 && ids.size === 1 })
  check(api.reserve(token, { ...wish, quantity: 2, name: 'reserve-other' }), {
    'the key of another wish is refused': ({ status }) => status === 422,
  })
}

/** Twenty want the last seat of a zone. */
export function lastSeat(): void {
  const answers = http.batch(
    Array.from({ length: 20 }, (_, index) => ({
      method: 'POST' as const,
      url: `${baseUrl}/bookings/reserve`,
      body: api.reserveBody({ zoneId: zoneOf(0) }),
      params: api.paramsOf({ name: 'reserve', token: tokenOf(turnOf() + index) }, true),
    })),
  )
  for (const answer of answers) mayBeDone('reserve', answer)
  check(answers, {
    'the last seat is sold once': (all) =>
      all.filter(({ status }) => status === 201).length === 1 &&
      all.filter(({ status }) => status === 409).length === 19,
  })
}

export function doubleCancel(): void {
  const token = tokenOfTurn()
  const bookingId = hold(token, { zoneId: zoneOf(1) })
  if (bookingId === undefined) return
  check(api.cancel(token, bookingId), { cancelled: ({ status }) => status === 200 })
  check(api.cancel(token, bookingId, 'cancel-again'), {
    'cancelled again: the same, or that it was released': ({ status }) => status === 200 || status === 409,
  })
}

/** The provider says nothing until the time is over: no ticket, and the seat is free again. */
export function lateConfirm(): void {
  const token = tokenOfTurn()
  const bookingId = hold(token, { zoneId: zoneOf(1) })
  if (bookingId === undefined) return
  const paymentId = api.field(api.startPayment(token, bookingId, 'pending'), 'payment_id')
  check(paymentId ?? '', { 'a payment is begun': (id) => id !== '' })
  sleep(EXPIRED_AFTER)
  if (paymentId === undefined) return
  const answer = api.confirm(token, bookingId, paymentId, 'confirm-late')
  check(answer, { 'too late: expired': ({ status }) => status === 410 })
  check(api.field(api.booking(token, bookingId), 'status') ?? '', {
    'too late: the booking says the same': (status) => status === 'expired',
  })
}

/** The provider is slow: nothing is confirmed before it has said yes, and then it is. */
export function slowPayment(): void {
  const token = tokenOfTurn()
  const bookingId = hold(token, { zoneId: zoneOf(1) })
  if (bookingId === undefined) return
  const started = api.startPayment(token, bookingId, 'delayed')
  const paymentId = api.field(started, 'payment_id')
  if (paymentId === undefined) return
  const answer = api.confirm(token, bookingId, paymentId, 'confirm-early')
  check(answer, { 'not paid yet: not confirmed': ({ status }) => [402, 409].includes(status) })
  sleep(SLOW_PROVIDER_SECONDS)
  check(api.confirm(token, bookingId, paymentId), {
    'paid in time: confirmed': ({ status }) => status === 200,
  })
}

/** Declined, and then paid. */
export function declined(): void {
  const token = tokenOfTurn()
  const bookingId = hold(token, { zoneId: zoneOf(1) })
  if (bookingId === undefined) return
  const paymentId = api.field(api.startPayment(token, bookingId, 'decline'), 'payment_id')
  if (paymentId !== undefined)
    check(api.confirm(token, bookingId, paymentId, 'confirm-declined'), {
      'declined: not confirmed': ({ status }) => status === 409,
    })
  pay(token, bookingId)
}

/** What is none of the API's: refused with a code, and nothing is done. */
export function nonsense(): void {
  const token = tokenOfTurn()
  const send = (name: string, body: string, authorization: string) =>
    http.post(`${baseUrl}/bookings/reserve`, body, {
      headers: { Authorization: authorization, 'Content-Type': 'application/json' },
      tags: { name },
      responseType: 'text',
    })
  const good = api.reserveBody({ zoneId: zoneOf(1) })
  check(send('nonsense', good.replace('"quantity":1', '"quantity":-1'), `Bearer ${token}`), {
    'a negative number of seats is refused': ({ status }) => status === 400,
  })
  check(send('nonsense', good.slice(0, -1), `Bearer ${token}`), {
    'half a body is refused': ({ status }) => status === 400,
  })
  check(send('nonsense', good, 'Bearer nobody'), {
    'a false token is refused': ({ status }) => status === 401,
  })
}
