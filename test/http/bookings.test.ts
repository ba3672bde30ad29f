import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ReserveCommand } from '../../src/booking/reserve.ts'
import type { HttpDeps } from '../../src/http/deps.ts'
import {
  asUser,
  booking,
  bookingId,
  confirmed,
  eventId,
  openApi,
  post,
  reservation,
  showId,
  zoneId,
} from './api.ts'

const url = '/api/v1/bookings/reserve'
type Context = Parameters<typeof openApi>[0]

function recording(t: Context) {
  const commands: ReserveCommand[] = []
  const api = openApi(t, {
    reserve: async (command) => {
      commands.push(command)
      return {
        kind: 'reserved',
        hold: { ...booking, bookingId: command.bookingId },
        remaining: 7,
        replayed: false,
      }
    },
  })
  return { api, commands }
}

test('a reservation answers with what the buyer needs to pay', async (t) => {
  const { api, commands } = recording(t)
  const response = await post(api, url, reservation)
  assert.equal(response.statusCode, 201)
  assert.equal(response.headers['idempotent-replayed'], undefined)
  assert.deepEqual(response.json(), {
    booking_id: commands[0]?.bookingId,
    status: 'reserved',
    event_id: eventId,
    show_id: showId,
    zone_id: zoneId,
    quantity: 2,
    unit_price_minor: 150_000,
    total_price_minor: 300_000,
    currency: 'THB',
    expires_at: new Date(booking.expiresAtMs).toISOString(),
    remaining: 7,
  })
})

test('a replayed reservation says so', async (t) => {
  const api = openApi(t, {
    reserve: async () => ({ kind: 'reserved', hold: booking, remaining: 7, replayed: true }),
  })
  const response = await post(api, url, reservation)
  assert.equal(response.statusCode, 201)
  assert.equal(response.headers['idempotent-replayed'], 'true')
})

test('the user comes from the token, ids are lowered, and what is not known is ignored', async (t) => {
  const { api, commands } = recording(t)
  const body = {
    ...reservation,
    event_id: eventId.toUpperCase(),
    user_id: 'eve',
    unit_price: 1,
    constructor_: {},
  }
  assert.equal((await post(api, url, body)).statusCode, 201)
  assert.equal(commands[0]?.userId, 'owner')
  assert.equal(commands[0]?.eventId, eventId)
  assert.equal(commands[0]?.expectedUnitPriceMinor, null)
  assert.equal(commands[0]?.idempotencyHash, null)
})

test('a valid trace context goes along, a broken one does not', async (t) => {
  const { api, commands } = recording(t)
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  await post(api, url, reservation, { traceparent })
  await post(api, url, reservation, { traceparent: `${traceparent}-x` })
  await post(api, url, reservation, { traceparent: traceparent.replace(/-4b.*6-/, `-${'0'.repeat(32)}-`) })
  assert.deepEqual(
    commands.map((command) => command.traceparent),
    [traceparent, null, null],
  )
})

test('an idempotency key is the same key in each of its three places', async (t) => {
  const { api, commands } = recording(t)
  await post(api, url, reservation, { 'idempotency-key': 'order 1' })
  await post(api, url, reservation, { 'x-idempotency-key': 'order 1' })
  await post(api, url, { ...reservation, idempotency_key: 'order 1' })
  await post(api, url, { ...reservation, idempotency_key: 'order 1' }, { 'idempotency-key': 'order 1' })
  const hashes = new Set(commands.map((command) => command.idempotencyHash))
  assert.equal(commands.length, 4)
  assert.equal(hashes.size, 1)
  assert.match([...hashes][0] ?? '', /^[\w-]{22}$/)
})

const badKeys: [what: string, headers: Record<string, string>, inBody?: string][] = [
  ['two headers that disagree', { 'idempotency-key': 'a', 'x-idempotency-key': 'b' }],
  ['a header and a body that disagree', { 'idempotency-key': 'a' }, 'b'],
  ['an empty key', { 'idempotency-key': '' }],
  ['an empty key in the body', {}, ''],
  ['a key of 256 characters', { 'idempotency-key': 'x'.repeat(256) }],
  ['a key with a control character', {}, 'a\u0007'],
]
for (const [what, headers, inBody] of badKeys) {
  test(`${what} is refused`, async (t) => {
    const { api, commands } = recording(t)
    const body = inBody === undefined ? reservation : { ...reservation, idempotency_key: inBody }
    const response = await post(api, url, body, headers)
    assert.equal(response.json().code, 'INVALID_REQUEST')
    assert.equal(commands.length, 0)
  })
}

const json = JSON.stringify(reservation)
const badBodies: Record<string, string> = {
  nothing: '',
  'an empty object': '{}',
  'a list': `[${json}]`,
  null: 'null',
  'a text': '"reserve"',
  'half of it': json.slice(0, 20),
  'a quantity in quotes': json.replace(':2', ':"2"'),
  'a quantity of zero': json.replace(':2', ':0'),
  'a quantity of minus zero': json.replace(':2', ':-0'),
  'a quantity of eleven': json.replace(':2', ':11'),
  'a quantity of one and a half': json.replace(':2', ':1.5'),
  'a quantity without bounds': json.replace(':2', ':1e400'),
  'a quantity of 2^53': json.replace(':2', ':9007199254740992'),
  'no quantity': json.replace('"quantity":2', '"quantity":null'),
  'an event that is no UUID': json.replace(eventId, 'the-show'),
  'an event that is a URN': json.replace(eventId, `urn:uuid:${eventId}`),
  'an event with a NUL': json.replace(eventId, `${eventId}\\u0000`),
  'a price below zero': json.replace('}', ',"unit_price_minor":-1}'),
  'a price in quotes': json.replace('}', ',"unit_price_minor":"1"}'),
  'a price above PostgreSQL’s integer': json.replace('}', ',"unit_price_minor":2147483648}'),
  'a prototype': json.replace('}', ',"__proto__":{"quantity":1}}'),
  'a constructor’s prototype': json.replace('}', ',"constructor":{"prototype":{}}}'),
}
for (const [what, body] of Object.entries(badBodies)) {
  test(`${what} is refused and reserves nothing`, async (t) => {
    const { api, commands } = recording(t)
    const response = await post(api, url, body)
    assert.equal(response.statusCode, 400, response.body)
    assert.equal(response.json().code, 'INVALID_REQUEST')
    assert.equal(commands.length, 0)
  })
}

test('a payment id with a NUL never reaches a store', async (t) => {
  const response = await post(openApi(t), `/api/v1/bookings/${bookingId}/confirm`, { payment_id: 'a\u0000' })
  assert.equal(response.json().code, 'INVALID_REQUEST')
})

test('a confirmed booking has its code; what did not happen is left out', async (t) => {
  const found = { kind: 'found' as const, booking: confirmed }
  const ownBookings = { get: async () => found } as unknown as HttpDeps['ownBookings']
  const api = openApi(t, { ownBookings })
  const item = (await api.inject({ url: `/api/v1/bookings/${bookingId}`, headers: asUser('owner') })).json()
  assert.equal(item.confirmation_code, 'ABCDEFGHJK')
  assert.equal(item.reserved_at, new Date(confirmed.createdAtMs).toISOString())
  assert.equal('ended_at' in item, false)
})

test('confirm, cancel and refund answer as the seed’s system does', async (t) => {
  const api = openApi(t)
  const path = `/api/v1/bookings/${bookingId}`
  const answer = (await post(api, `${path}/confirm`, { payment_id: 'pay_1' })).json()
  assert.deepEqual(Object.keys(answer), ['booking_id', 'status', 'confirmed_at', 'confirmation_code'])
  assert.equal((await post(api, `${path}/cancel`, '')).json().status, 'cancelled')
  assert.equal((await post(api, `${path}/refund`, '{}')).json().status, 'refunded')
})

test('a page says how to read on, and only a plain number is a limit', async (t) => {
  const pages: object[] = []
  const ownBookings = {
    list: async (_user: string, page: object) => {
      pages.push(page)
      return { items: [booking], next: bookingId }
    },
  } as unknown as HttpDeps['ownBookings']
  const api = openApi(t, { ownBookings })
  const get = (query: string) => api.inject({ url: `/api/v1/bookings${query}`, headers: asUser('owner') })
  assert.equal((await get('')).json().next_cursor, bookingId)
  assert.equal((await get(`?limit=5&cursor=${bookingId}&event_id=${eventId}`)).statusCode, 200)
  assert.deepEqual(pages, [
    { before: null, limit: 20, eventId: null },
    { before: bookingId, limit: 5, eventId },
  ])
  for (const limit of ['0', '101', '-1', '1.5', '1e2', 'true', '', 'ten']) {
    assert.equal((await get(`?limit=${limit}`)).statusCode, 400, limit)
  }
  assert.equal((await get('?limit=5&limit=6')).statusCode, 400)
  assert.equal((await get('?cursor=7')).statusCode, 400)
})

test('a booking is found by its confirmation code in either case, by its owner only', async (t) => {
  const api = openApi(t)
  const find = async (user: string, code: string) =>
    (await api.inject({ url: `/api/v1/bookings?confirmation_code=${code}`, headers: asUser(user) })).json()
      .items
  assert.equal((await find('owner', 'abcdefghjk'))[0].id, bookingId)
  assert.deepEqual(await find('stranger', 'ABCDEFGHJK'), [])
  assert.deepEqual(await find('owner', 'ABCDEFGHJX'), [])
})

test('the summary counts seats', async (t) => {
  const url = `/api/v1/bookings/summary?event_id=${eventId}`
  const response = await openApi(t).inject({ url, headers: asUser('owner') })
  const summary = response.json()
  assert.equal(summary.booked_count, 5)
  assert.equal(summary.max_allowed, 10)
  assert.equal(summary.remaining_slots, 5)
  assert.equal(summary.expired, 1)
})

test('metrics are told the template of a route, never its URL', async (t) => {
  const seen: string[] = []
  const onResponse = (route: string, method: string, status: number) =>
    seen.push(`${method} ${route} ${status}`)
  const api = openApi(t, { onResponse })
  await post(api, url, reservation)
  await api.inject({ url: `/api/v1/bookings/${bookingId}`, headers: asUser('owner') })
  await api.inject('/api/v1/bookings/../../etc/passwd')
  assert.deepEqual(seen, [
    'POST /api/v1/bookings/reserve 201',
    'GET /api/v1/bookings/:id 200',
    'GET unmatched 404',
  ])
})
