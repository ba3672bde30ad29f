/** Things that exist, for requests that should find something: events, bookings in every state, payments, places in a queue. */
import { randomUUID } from 'node:crypto'
import type { Role } from '../../src/http/identity.ts'
import type { FuzzTarget } from './fuzz.ts'

interface EventView {
  id: string
  slug: string
  shows: { id: string; zones: { id: string }[] }[]
}

/** Makes them over the API, all of them one person's. @returns their ids by the parameters and fields that they fit in */
export async function makeThings(
  api: string,
  tokenFor: (role: Role) => string,
): Promise<Pick<FuzzTarget, 'known' | 'knownOf'>> {
  async function call<T>(role: Role, method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(`${api}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${tokenFor(role)}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return JSON.parse(text) as T
  }

  const create = (more: object) =>
    call<EventView>('organizer', 'POST', '/events', {
      slug: `event-${randomUUID()}`,
      name: 'An event',
      status: 'on_sale',
      sale_opens_at: '2026-01-01T00:00:00Z',
      max_tickets_per_user: 1000,
      refund_window_hours: 100,
      shows: [
        {
          name: 'A show',
          venue: 'A hall',
          starts_at: '2036-01-01T00:00:00Z',
          zones: [{ name: 'A zone', capacity: 10_000, price_minor: 1000, currency: 'THB' }],
        },
      ],
      ...more,
    })
  const selling = await create({})
  const queued = await create({ queue_required: true })
  const draft = await create({ status: 'draft' })
  const doomed = await create({})
  const events = [selling, queued, draft, doomed]
  const [show] = selling.shows
  const zone = show?.zones[0]

  const reserve = async () =>
    (
      await call<{ booking_id: string }>('customer', 'POST', '/bookings/reserve', {
        ...{ event_id: selling.id, zone_id: zone?.id, quantity: 1 },
      })
    ).booking_id
  const pay = async (booking_id: string, simulate: string) =>
    (
      await call<{ payment_id: string }>('customer', 'POST', '/payments/intents', {
        ...{ booking_id, simulate },
      })
    ).payment_id

  const many = async <T>(count: number, make: () => Promise<T>): Promise<T[]> => {
    const made: T[] = []
    while (made.length < count) made.push(await make())
    return made
  }
  const confirm = async () => {
    const id = await reserve()
    const payment = await pay(id, 'succeed')
    await call('customer', 'POST', `/bookings/${id}/confirm`, { payment_id: payment })
    return { id, payment }
  }
  const held = await many(12, reserve)
  const confirmed = await many(6, confirm)
  const declined = await pay(await reserve(), 'decline')
  const { token } = await call<{ token: string | null }>('customer', 'POST', '/queue/join', {
    event_id: queued.id,
  })

  const eventIds = events.map(({ id }) => id)
  const confirmedIds = confirmed.map(({ id }) => id)
  const [first] = confirmed
  return {
    known: {
      'path.id': [...held, ...confirmedIds],
      'path.idOrSlug': [...eventIds, ...events.map(({ slug }) => slug)],
      'path.event_id': eventIds,
      'query.event_id': eventIds,
      'query.cursor': [...confirmedIds, selling.id],
      'body.event_id': [selling.id, queued.id],
      'body.zone_id': [zone?.id ?? ''],
      'body.show_id': [show?.id ?? ''],
      'body.booking_id': [...held, ...confirmedIds],
      'body.payment_id': [...confirmed.map(({ payment }) => payment), declined],
      ...(token === null ? {} : { 'body.token': [token] }),
      'body.zones[*].id': events.flatMap(({ shows }) =>
        shows.flatMap(({ zones }) => zones.map(({ id }) => id)),
      ),
    },
    knownOf: {
      '/api/v1/bookings/{id}/confirm': {
        'path.id': first ? [first.id] : [],
        'body.payment_id': first ? [first.payment] : [],
      },
      '/api/v1/bookings/{id}/refund': { 'path.id': confirmedIds.slice(1) },
      '/api/v1/bookings/{id}/cancel': { 'path.id': held },
      '/api/v1/payments/{id}': { 'path.id': [...confirmed.map(({ payment }) => payment), declined] },
      '/api/v1/events/{id}': { 'path.id': eventIds },
      '/api/v1/events/{id}/cancel': { 'path.id': [doomed.id, draft.id] },
    },
  }
}
