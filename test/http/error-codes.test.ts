import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CancelOutcome } from '../../src/booking/cancel.ts'
import type { ConfirmOutcome } from '../../src/booking/confirm.ts'
import type { RefundOutcome } from '../../src/booking/refund.ts'
import type { ReserveOutcome } from '../../src/booking/reserve.ts'
import type { ChangeEventOutcome } from '../../src/catalogue/change-event.ts'
import type { HttpDeps } from '../../src/http/deps.ts'
import { type ErrorCode, statusOfCode } from '../../src/http/errors.ts'
import type { TakeOutcome } from '../../src/payments/take-outcome.ts'
import { Unavailable } from '../../src/pipeline/unavailable.ts'
import type { JoinOutcome } from '../../src/queue/join.ts'
import type { PositionReply } from '../../src/queue/ports.ts'
import {
  asUser,
  booking,
  bookingId,
  confirmed,
  eventId,
  newEvent,
  openApi,
  post,
  reservation,
  signed,
  webhook,
  workingDeps,
  zoneId,
} from './api.ts'
import { fakeQueue } from './fake-queue.ts'
import { exchange, lastAnswer, listen } from './raw-socket.ts'
import { steeredLoad } from './steered-load.ts'

interface Answer {
  statusCode: number
  body: Record<string, unknown>
  headers: Record<string, unknown>
}

type Context = Parameters<typeof openApi>[0]
type Produce = (t: Context) => Promise<Answer>

const path = (rest: string) => `/api/v1${rest}`

function joining(outcome: JoinOutcome): Produce {
  return (t) => {
    const { queue } = fakeQueue(eventId)
    return posted(t, { queue: { ...queue, join: async () => outcome } }, '/queue/join', { event_id: eventId })
  }
}

function lookingFor(reply: PositionReply): Produce {
  return async (t) => {
    const { queue } = fakeQueue(eventId)
    const places = { ...queue.places, position: async () => reply }
    const api = openApi(t, { queue: { ...queue, places } })
    const url = path(`/queue/position/${eventId}`)
    return answerOf(await api.inject({ url, headers: asUser('owner') }))
  }
}

function reserving(outcome: ReserveOutcome | Error): Produce {
  const reserve = async () => {
    if (outcome instanceof Error) throw outcome
    return outcome
  }
  return (t) => posted(t, { reserve }, '/bookings/reserve', reservation)
}

const confirming = (outcome: ConfirmOutcome): Produce => {
  return (t) =>
    posted(t, { confirm: async () => outcome }, `/bookings/${bookingId}/confirm`, { payment_id: 'p' })
}

const cancelling = (outcome: CancelOutcome): Produce => {
  return (t) => posted(t, { cancel: async () => outcome }, `/bookings/${bookingId}/cancel`, {})
}

const refunding = (outcome: RefundOutcome): Produce => {
  return (t) => posted(t, { refund: async () => outcome }, `/bookings/${bookingId}/refund`, {})
}

function changing(outcome: ChangeEventOutcome): Produce {
  return async (t) => {
    const api = openApi(t, { changeEvent: async () => outcome })
    const response = await api.inject({
      method: 'PATCH',
      url: path(`/events/${eventId}`),
      headers: asUser('organizer', 'organizer'),
      payload: { name: 'Other' },
    })
    return answerOf(response)
  }
}

function paying(status: 'confirmed' | 'cancelled' | 'expired' | 'refunded'): Produce {
  const found = { kind: 'found' as const, booking: { ...confirmed, status } }
  const ownBookings = { get: async () => found } as unknown as HttpDeps['ownBookings']
  return (t) => posted(t, { ownBookings }, '/payments/intents', { booking_id: bookingId })
}

const told = (outcome: TakeOutcome): Produce => hooked(webhook, signed, outcome)

/** What the provider's webhook is answered with. */
function hooked(
  payload: unknown,
  headers: Record<string, string>,
  outcome: TakeOutcome = { kind: 'taken' },
): Produce {
  return async (t) => {
    const payments = { ...workingDeps().payments, takeWebhook: async () => outcome }
    return answerOf(await post(openApi(t, { payments }), path('/payments/webhook'), payload, headers))
  }
}

const attemptsUsed: Produce = (t) => {
  const payments = { ...workingDeps().payments, start: async () => ({ kind: 'attempts_used' as const }) }
  return posted(t, { payments }, '/payments/intents', { booking_id: bookingId })
}

async function posted(t: Context, deps: Partial<HttpDeps>, url: string, payload: unknown): Promise<Answer> {
  return answerOf(await post(openApi(t, deps), path(url), payload))
}

function answerOf(response: { statusCode: number; json(): unknown; headers: object }): Answer {
  const { statusCode, headers } = response
  return { statusCode, body: response.json() as Record<string, unknown>, headers: { ...headers } }
}

async function onSocket(t: Context, bytes: string, deps: Partial<HttpDeps> = {}): Promise<Answer> {
  const { statusCode, body } = lastAnswer(await exchange(await listen(openApi(t, deps)), bytes))
  return { statusCode, body, headers: {} }
}

const expiredHold = { ...booking, expiresAtMs: 1 }

/** Every code of the table, and every way to it: a code without an entry here does not compile. */
const ways: Record<ErrorCode, Record<string, Produce>> = {
  INVALID_REQUEST: {
    'a quantity above ten': (t) => posted(t, {}, '/bookings/reserve', { ...reservation, quantity: 11 }),
    'JSON that is none': (t) => posted(t, {}, '/bookings/reserve', '{"quantity":'),
    'a path id that is none': async (t) =>
      answerOf(await openApi(t).inject({ url: path('/bookings/7'), headers: asUser('owner') })),
    'a path that cannot be decoded': async (t) =>
      answerOf(await openApi(t).inject({ url: '/api/v1/events/%zz' })),
    'a path id that is too long': async (t) =>
      answerOf(await openApi(t).inject({ url: path(`/events/${'a'.repeat(300)}`) })),
    'bytes that are not HTTP': (t) => onSocket(t, 'hello\r\n\r\n'),
    'a slug that is taken': async (t) => {
      const api = openApi(t, { createEvent: async () => ({ kind: 'slug_taken' }) })
      return answerOf(await post(api, path('/events'), newEvent, asUser('organizer', 'organizer')))
    },
    'sale times that do not fit': changing({ kind: 'sale_times_invalid' }),
    'a zone that is given twice': changing({ kind: 'zone_given_twice', zoneId }),
    'a webhook that is no JSON': hooked('{"id":', signed),
    'a webhook of another shape': hooked({ ...webhook, type: 'payment.imagined' }, signed),
    'a webhook of another amount': told({ kind: 'mismatch' }),
    'a webhook that contradicts another': told({ kind: 'contradiction' }),
  },
  UNAUTHORIZED: {
    'a webhook that is not signed': hooked(webhook, {}),
    'no JSON, and not signed either': hooked('{"id":', {}),
    'no token': async (t) => answerOf(await openApi(t).inject({ url: path('/bookings') })),
  },
  TOKEN_EXPIRED: {
    'an old token': async (t) => {
      const api = openApi(t, { verifyToken: () => ({ kind: 'expired' }) })
      return answerOf(await api.inject({ url: path('/bookings'), headers: asUser('owner') }))
    },
  },
  FORBIDDEN: {
    'somebody else’s booking': confirming({ kind: 'not_yours' }),
    'cancelling somebody else’s': cancelling({ kind: 'not_yours' }),
    'refunding somebody else’s': refunding({ kind: 'forbidden' }),
    'a refund after its time': refunding({ kind: 'window_closed' }),
    'somebody else’s event': changing({ kind: 'forbidden' }),
  },
  NOT_FOUND: {
    'an unknown event': reserving({ kind: 'event_not_found' }),
    'a webhook of an unknown payment': told({ kind: 'unknown' }),
    'an unknown booking': confirming({ kind: 'not_found' }),
    'cancelling an unknown booking': cancelling({ kind: 'not_found' }),
    'refunding an unknown booking': refunding({ kind: 'not_found' }),
    'changing an unknown event': changing({ kind: 'not_found' }),
    'an unknown route': async (t) => answerOf(await openApi(t).inject({ url: path('/nothing') })),
  },
  ZONE_NOT_FOUND: {
    'an unknown zone': reserving({ kind: 'zone_not_found' }),
    'changing an unknown zone': changing({ kind: 'zone_not_found', zoneId }),
  },
  REQUEST_TIMEOUT: {
    'headers that do not end': (t) =>
      onSocket(t, 'GET /health HTTP/1.1\r\nHost: x\r\n', {
        limits: { headersTimeoutMs: 20, connectionsCheckMs: 10 },
      }),
  },
  INSUFFICIENT_SEATS: {
    'a zone that is sold out': reserving({ kind: 'sold_out', available: 1 }),
    'a confirm that would oversell': confirming({ kind: 'oversold' }),
    'a zone shrunk below its sales': changing({ kind: 'seats_taken', zoneId, smallestCapacity: 42 }),
  },
  MAX_TICKETS_EXCEEDED: {
    'more than one may have': reserving({ kind: 'limit_exceeded', taken: 9, maxTicketsPerUser: 10 }),
  },
  ALREADY_CONFIRMED: {
    'another payment': confirming({ kind: 'confirmed_by_other_payment' }),
    'cancelling a confirmed one': cancelling({ kind: 'already_confirmed' }),
    'paying twice': paying('confirmed'),
  },
  ALREADY_RELEASED: {
    'confirming a cancelled one': confirming({ kind: 'released' }),
    'cancelling twice': cancelling({ kind: 'already_released' }),
    'refunding twice': refunding({ kind: 'already_released' }),
    'paying for a cancelled one': paying('cancelled'),
    'paying for a refunded one': paying('refunded'),
  },
  NOT_ON_SALE: {
    'an event before its sale': reserving({ kind: 'not_on_sale' }),
    'changing a cancelled event': changing({ kind: 'cancelled' }),
  },
  QUEUE_PASS_REQUIRED: { 'an event that lets in with a pass': reserving({ kind: 'pass_required' }) },
  INVALID_QUEUE_PASS: {
    'a forged pass': reserving({ kind: 'pass_refused', why: 'forged' }),
    'a pass that was used': reserving({ kind: 'pass_refused', why: 'used' }),
  },
  QUEUE_PASS_EXPIRED: { 'an old pass': reserving({ kind: 'pass_refused', why: 'expired' }) },
  QUEUE_PASS_MISMATCH: { 'somebody else’s pass': reserving({ kind: 'pass_refused', why: 'mismatch' }) },
  QUEUE_FULL: { 'a full queue': joining({ kind: 'full' }) },
  QUEUE_NOT_OPEN: { 'a closed queue': joining({ kind: 'not_open' }) },
  NOT_IN_QUEUE: {
    'a position of somebody who is not there': lookingFor({ kind: 'not_in_queue' }),
    'a position that was passed over': lookingFor({ kind: 'gone', reason: 'passed_over' }),
  },
  PRICE_CHANGED: { 'another price': reserving({ kind: 'price_changed', unitPriceMinor: 160_000 }) },
  PAYMENT_NOT_COMPLETED: {
    'a declined payment': confirming({ kind: 'payment_not_completed', why: 'the payment is failed' }),
    'refunding what is not paid': refunding({ kind: 'not_confirmed' }),
    'paying after the last decline': attemptsUsed,
  },
  EXPIRED: {
    'confirming too late': confirming({ kind: 'expired' }),
    'cancelling too late': cancelling({ kind: 'expired' }),
    'paying for an expired one': paying('expired'),
    'paying too late': (t) => {
      const ownBookings = { get: async () => ({ kind: 'found', booking: expiredHold }) }
      const deps = { ownBookings: ownBookings as unknown as HttpDeps['ownBookings'] }
      return posted(t, deps, '/payments/intents', { booking_id: bookingId })
    },
  },
  PAYLOAD_TOO_LARGE: {
    'a webhook of 65 KB': hooked({ ...webhook, more: 'x'.repeat(65 * 1024) }, signed),
    'a body of 65 KB': (t) =>
      posted(t, {}, '/bookings/reserve', { ...reservation, more: 'x'.repeat(65 * 1024) }),
  },
  UNSUPPORTED_MEDIA_TYPE: {
    'a webhook of plain text': hooked('x', { ...signed, 'content-type': 'text/plain' }),
    'plain text': async (t) =>
      answerOf(await post(openApi(t), path('/bookings/reserve'), 'x', { 'content-type': 'text/plain' })),
    'a content type that is none': async (t) =>
      answerOf(await post(openApi(t), path('/bookings/reserve'), 'x', { 'content-type': 'x' })),
  },
  IDEMPOTENCY_KEY_REUSED: { 'a key of another request': reserving({ kind: 'key_reused' }) },
  TOO_MANY_REQUESTS: {
    'a second reservation in a second, where one is allowed': async (t) => {
      const api = openApi(t, {
        settings: { ...workingDeps().settings, RATE_LIMIT_RESERVE_PER_SECOND: 1 },
        now: () => 0,
      })
      await post(api, path('/bookings/reserve'), reservation)
      return answerOf(await post(api, path('/bookings/reserve'), reservation))
    },
  },
  HEADERS_TOO_LARGE: {
    'headers above the limit': (t) =>
      onSocket(t, `GET /health HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(5000)}\r\n\r\n`, {
        limits: { maxHeaderBytes: 4096 },
      }),
  },
  INTERNAL_ERROR: { 'a defect': reserving(new Error('relation "bookings" does not exist')) },
  OVERLOADED: {
    'a full backlog': reserving({ kind: 'backlog_full' }),
    'a process with too much to do': (t) => {
      const { load, turns } = steeredLoad()
      turns(1000, 1000, 1000)
      return posted(t, { load }, '/bookings/reserve', reservation)
    },
  },
  UNAVAILABLE: { 'a store that is away': reserving(new Unavailable('redis', { retryAfterSeconds: 3 })) },
  TIMEOUT: {
    'a handler that does not end': (t) => {
      const reserve = () => new Promise<never>(() => {})
      return posted(t, { reserve, limits: { handlerTimeoutMs: 20 } }, '/bookings/reserve', reservation)
    },
  },
}

for (const [code, producers] of Object.entries(ways)) {
  for (const [way, produce] of Object.entries(producers)) {
    test(`${way} is ${code}`, async (t) => {
      const { statusCode, body } = await produce(t as Context)
      assert.equal(body.code, code, JSON.stringify(body))
      assert.equal(statusCode, statusOfCode[code as ErrorCode])
      assert.equal(body.statusCode, statusCode)
      assert.equal(typeof body.message, 'string')
      assert.equal(typeof body.error, 'string')
    })
  }
}

test('whoever is refused for a moment is told when to come back', async (t) => {
  const away = await ways.UNAVAILABLE['a store that is away']?.(t as Context)
  assert.equal(away?.headers['retry-after'], '3')
  const full = await ways.OVERLOADED['a full backlog']?.(t as Context)
  assert.equal(full?.headers['retry-after'], '1')
})

test('a changed price comes with the price now', async (t) => {
  const answer = await ways.PRICE_CHANGED['another price']?.(t as Context)
  assert.equal(answer?.body.unit_price_minor, 160_000)
  assert.match(String(answer?.body.message), /160000/)
})

test('a capacity that is refused comes with the smallest that is possible', async (t) => {
  const answer = await ways.INSUFFICIENT_SEATS['a zone shrunk below its sales']?.(t as Context)
  assert.match(String(answer?.body.message), /42/)
})

test('a defect tells nothing of the inside', async (t) => {
  const answer = await ways.INTERNAL_ERROR['a defect']?.(t as Context)
  assert.equal(answer?.body.message, 'internal server error')
})
