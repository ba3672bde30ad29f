import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventChange, NewEvent } from '../../src/catalogue/ports.ts'
import { Unavailable } from '../../src/pipeline/unavailable.ts'
import { asUser, event, eventId, newEvent, openApi, post, showId, zoneId } from './api.ts'

const organizer = asUser('organizer', 'organizer')
const shown = (available: number | null) => ({
  event,
  seats: new Map(available === null ? [] : [[zoneId, { available, sold: 0, capacity: 100 }]]),
})

function browsing(look: () => ReturnType<typeof shown> | null) {
  return {
    list: async () => ({ items: [shown(1)], next: null }),
    find: async () => event,
    get: async () => look(),
    availability: async () => look(),
  }
}

test('an event is shown with its shows, zones, prices and free seats', async (t) => {
  const body = (await openApi(t).inject('/api/v1/events/the-show')).json()
  assert.equal(body.id, eventId)
  assert.equal(body.sale_closes_at, null)
  assert.deepEqual(body.shows[0].zones, [
    { id: zoneId, name: 'A', capacity: 100, price_minor: 150_000, currency: 'THB', available: 90 },
  ])
})

test('availability names every zone', async (t) => {
  const body = (await openApi(t).inject(`/api/v1/events/${eventId}/availability`)).json()
  assert.deepEqual(body.zones, [
    { show_id: showId, zone_id: zoneId, capacity: 100, price_minor: 150_000, currency: 'THB', available: 90 },
  ])
})

test('a zone that is not loaded is null, never zero; a sold-out one is zero, never null', async (t) => {
  let available: number | null = null
  const api = openApi(t, { browse: browsing(() => shown(available)) })
  const zone = async () =>
    (await api.inject('/api/v1/events/the-show/availability')).json().zones[0].available
  assert.equal(await zone(), null)
  available = 0
  assert.equal(await zone(), 0)
})

test('an answer that did not change is not sent again, and one that changed is', async (t) => {
  let available = 5
  const api = openApi(t, { browse: browsing(() => shown(available)) })
  const url = '/api/v1/events/the-show/availability'
  const first = await api.inject(url)
  const tag = String(first.headers.etag)
  assert.match(String(first.headers['cache-control']), /^public, max-age=1/)
  assert.equal(first.headers['content-type'], 'application/json; charset=utf-8')
  const same = (ifNoneMatch: string) => api.inject({ url, headers: { 'if-none-match': ifNoneMatch } })
  for (const header of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
    const again = await same(header)
    assert.equal(again.statusCode, 304, header)
    assert.equal(again.body, '')
    assert.equal(again.headers.etag, tag)
  }
  available = 4
  assert.equal((await same(tag)).statusCode, 200)
})

test('what somebody with a token sees is not for a shared cache', async (t) => {
  const response = await openApi(t).inject({ url: '/api/v1/events', headers: organizer })
  assert.match(String(response.headers['cache-control']), /^private/)
  assert.equal(response.headers.vary, 'Authorization')
})

test('a bad token is refused where none would do', async (t) => {
  const headers = { authorization: 'Bearer nonsense' }
  assert.equal((await openApi(t).inject({ url: '/api/v1/events', headers })).statusCode, 401)
})

test('while the seat store is away availability is 503', async (t) => {
  const away = () => {
    throw new Unavailable('redis')
  }
  const response = await openApi(t, { browse: browsing(away) }).inject('/api/v1/events/the-show/availability')
  assert.equal(response.statusCode, 503)
})

test('an unknown event is 404, and what is neither id nor slug is 400', async (t) => {
  const api = openApi(t, { browse: browsing(() => null) })
  assert.equal((await api.inject('/api/v1/events/nothing')).json().code, 'NOT_FOUND')
  assert.equal((await api.inject('/api/v1/events/no%20slug')).json().code, 'INVALID_REQUEST')
  assert.equal((await api.inject('/api/v1/events/a%00b')).json().code, 'INVALID_REQUEST')
})

test('a new event belongs to whoever makes it, with defaults for what was not said', async (t) => {
  const created: NewEvent[] = []
  const api = openApi(t, {
    createEvent: async (given) => {
      created.push(given)
      return { kind: 'created', event }
    },
  })
  const response = await post(api, '/api/v1/events', { ...newEvent, organizer_id: 'eve' }, organizer)
  assert.equal(response.statusCode, 201)
  assert.deepEqual(created, [
    {
      slug: 'the-show',
      name: 'The show',
      description: '',
      organizerId: 'organizer',
      status: 'draft',
      saleOpensAtMs: Date.UTC(2026, 11, 1, 10),
      saleClosesAtMs: null,
      maxTicketsPerUser: 10,
      refundWindowHours: 0,
      queueRequired: false,
      shows: [
        {
          name: 'Friday',
          venue: 'Hall',
          startsAtMs: Date.UTC(2026, 11, 31, 13),
          zones: [{ name: 'A', capacity: 100, priceMinor: 150_000, currency: 'THB' }],
        },
      ],
    },
  ])
})

const [show] = newEvent.shows
const [zone] = show?.zones ?? []
const badEvents: Record<string, object> = {
  'no shows': { ...newEvent, shows: [] },
  'a slug with spaces': { ...newEvent, slug: 'the show' },
  'a slug that looks like an id': { ...newEvent, slug: eventId },
  'a name with a NUL': { ...newEvent, name: 'a\u0000b' },
  'no name': { ...newEvent, name: '' },
  'a day that is none': { ...newEvent, sale_opens_at: '2026-02-30T10:00:00Z' },
  'the 61st second': { ...newEvent, sale_opens_at: '2026-12-31T23:59:60Z' },
  'a time without a zone': { ...newEvent, sale_opens_at: '2026-12-01T10:00:00' },
  'an invented status': { ...newEvent, status: 'cancelled' },
  'a price below zero': { ...newEvent, shows: [{ ...show, zones: [{ ...zone, price_minor: -1 }] }] },
  'a price of 2^31': { ...newEvent, shows: [{ ...show, zones: [{ ...zone, price_minor: 2 ** 31 }] }] },
  'a currency of four letters': { ...newEvent, shows: [{ ...show, zones: [{ ...zone, currency: 'THBT' }] }] },
}
for (const [what, payload] of Object.entries(badEvents)) {
  test(`an event with ${what} is refused`, async (t) => {
    const createEvent = () => assert.fail('it was created')
    const response = await post(openApi(t, { createEvent }), '/api/v1/events', payload, organizer)
    assert.equal(response.json().code, 'INVALID_REQUEST', response.body)
  })
}

test('a change carries only what was given; null opens the end of a sale', async (t) => {
  const changes: EventChange[] = []
  const api = openApi(t, {
    changeEvent: async ({ change }) => {
      changes.push(change)
      return { kind: 'changed', event }
    },
  })
  const patch = (payload: object) =>
    api.inject({ method: 'PATCH', url: `/api/v1/events/${eventId}`, headers: organizer, payload })
  await patch({ sale_closes_at: null, zones: [{ id: zoneId.toUpperCase(), capacity: 5 }] })
  await patch({ name: 'Other', slug: 'ignored', organizer_id: 'eve' })
  assert.deepEqual(changes, [
    { saleClosesAtMs: null, zones: [{ id: zoneId, capacity: 5 }] },
    { name: 'Other' },
  ])
})

test('inventory reports show both stores, and null where one has nothing', async (t) => {
  const seats = { capacity: 10, available: 7, held: 1, sold: 2 }
  const report = { eventId, zoneId, redis: null, postgres: seats, inSync: false }
  const forced: boolean[] = []
  const api = openApi(t, {
    inventoryAdmin: {
      status: async () => [report],
      sync: async ({ force }) => {
        forced.push(force)
        return [{ ...report, redis: seats, inSync: true }]
      },
    },
  })
  const headers = asUser('root', 'admin')
  const status = await api.inject({ url: '/api/v1/admin/inventory-status', headers })
  assert.deepEqual(status.json(), {
    in_sync: false,
    zones: [{ event_id: eventId, zone_id: zoneId, redis: null, postgres: seats, in_sync: false }],
  })
  const url = '/api/v1/admin/sync-inventory'
  assert.equal((await api.inject({ method: 'POST', url, headers })).json().in_sync, true)
  assert.equal((await api.inject({ method: 'POST', url, headers, payload: { force: true } })).statusCode, 200)
  assert.equal(
    (await api.inject({ method: 'POST', url, headers, payload: { force: 'yes' } })).statusCode,
    400,
  )
  assert.deepEqual(forced, [false, true])
})
