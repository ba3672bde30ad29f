import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asUser, bookingId, eventId, newEvent, openApi, reservation, webhook } from './api.ts'

/** Who asks. The booking is the owner's, the event the organizer's. */
const callers = {
  nobody: undefined,
  stranger: asUser('stranger'),
  owner: asUser('owner'),
  otherOrganizer: asUser('other', 'organizer'),
  organizer: asUser('organizer', 'organizer'),
  // The organizer's name does not make an organizer of somebody whose token says customer.
  namesake: asUser('organizer', 'customer'),
  admin: asUser('root', 'admin'),
}

type Expected = Record<keyof typeof callers, number>

const everybody = (status: number): Expected => ({
  nobody: status,
  stranger: status,
  owner: status,
  otherOrganizer: status,
  organizer: status,
  namesake: status,
  admin: status,
})
const anyUser = (status: number): Expected => ({ ...everybody(status), nobody: 401 })
const ownerOnly = (status: number): Expected => ({ ...anyUser(403), owner: status })
const eventsOrganizer = (status: number): Expected => ({ ...anyUser(403), organizer: status, admin: status })
const admins = (status: number): Expected => ({ ...anyUser(403), admin: status })

const v1 = (path: string) => `/api/v1${path}`
const booking = v1(`/bookings/${bookingId}`)

const matrix: [
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  url: string,
  body: object | undefined,
  Expected,
][] = [
  ['GET', '/health', undefined, everybody(200)],
  ['GET', '/ready', undefined, everybody(200)],
  ['GET', '/openapi.json', undefined, everybody(200)],
  ['GET', v1('/events'), undefined, everybody(200)],
  ['GET', v1(`/events/${eventId}`), undefined, everybody(200)],
  ['GET', v1('/events/the-show/availability'), undefined, everybody(200)],
  ['POST', v1('/bookings/reserve'), reservation, anyUser(201)],
  ['GET', v1('/bookings'), undefined, anyUser(200)],
  ['GET', v1(`/bookings/summary?event_id=${eventId}`), undefined, anyUser(200)],
  ['GET', booking, undefined, ownerOnly(200)],
  ['POST', `${booking}/confirm`, { payment_id: 'pay_1' }, ownerOnly(200)],
  ['POST', `${booking}/cancel`, undefined, ownerOnly(200)],
  ['DELETE', booking, undefined, ownerOnly(200)],
  // The namesake and the role are the use case's to tell apart; here its answer is only passed on.
  ['POST', `${booking}/refund`, undefined, { ...ownerOnly(200), organizer: 200, namesake: 200, admin: 200 }],
  ['POST', v1('/payments/intents'), { booking_id: bookingId }, ownerOnly(201)],
  ['GET', v1('/payments/pay_1'), undefined, ownerOnly(200)],
  // Whoever can sign is the provider; a token makes nobody one.
  ['POST', v1('/payments/webhook'), webhook, everybody(401)],
  ['POST', v1('/events'), newEvent, { ...anyUser(403), otherOrganizer: 201, organizer: 201, admin: 201 }],
  ['PATCH', v1(`/events/${eventId}`), { name: 'Other' }, eventsOrganizer(200)],
  ['POST', v1(`/events/${eventId}/cancel`), undefined, eventsOrganizer(200)],
  ['POST', v1('/queue/join'), { event_id: eventId }, anyUser(201)],
  ['GET', v1(`/queue/position/${eventId}`), undefined, anyUser(200)],
  // Nobody in the fake queue gets a pass, and a stream would stay open: its refusals are what counts here.
  ['GET', v1(`/queue/position/${eventId}/stream`), undefined, anyUser(503)],
  ['DELETE', v1('/queue/leave'), { event_id: eventId }, anyUser(200)],
  ['GET', v1(`/queue/status/${eventId}`), undefined, everybody(200)],
  ['GET', v1(`/admin/queues/${eventId}`), undefined, admins(200)],
  ['PUT', v1(`/admin/queues/${eventId}`), { state: 'paused' }, admins(200)],
  ['GET', v1('/admin/inventory-status'), undefined, admins(200)],
  ['POST', v1('/admin/sync-inventory'), { force: false }, admins(200)],
]

for (const [method, url, payload, expected] of matrix) {
  test(`${method} ${url} lets in whom it should`, async (t) => {
    const api = openApi(t)
    const seen: Record<string, number> = {}
    for (const [name, headers] of Object.entries(callers)) {
      const request = { method, url, ...(headers && { headers }), ...(payload && { payload }) }
      seen[name] = (await api.inject(request)).statusCode
    }
    assert.deepEqual(seen, expected)
  })
}

test('the matrix names every route there is', async (t) => {
  const api = openApi(t)
  const { paths } = (await api.inject('/openapi.json')).json() as { paths: Record<string, object> }
  const documented = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  const listed = matrix.map(([method, url]) => ({ method, path: url.split('?')[0] ?? '' }))
  const unlisted = documented.filter((route) => {
    const [method, template = ''] = route.split(' ')
    const pattern = new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`)
    return !listed.some((entry) => entry.method === method && pattern.test(entry.path))
  })
  assert.deepEqual(unlisted, [])
})

test('a header is not an identity', async (t) => {
  const headers = { 'x-user-id': 'owner', 'x-user-role': 'admin' }
  const response = await openApi(t).inject({ url: booking, headers })
  assert.equal(response.statusCode, 401)
  assert.equal(response.headers['www-authenticate'], 'Bearer')
})
