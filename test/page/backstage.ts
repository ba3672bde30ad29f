/** What happens behind the visitor's back: the organizer's hand on the queue, and others who stand in it. */
import { LOCAL_JWT_SECRET } from '../../src/config.ts'
import type { Role } from '../../src/http/identity.ts'
import { signToken } from '../../src/http/token.ts'

const AT_ONCE = 50

/** A token that the local service takes. */
export function tokenOf(user: string, role: Role): string {
  return signToken({ user, role, expiresInSeconds: 3600, secret: LOCAL_JWT_SECRET, audience: 'floodgate' })
}

/** Asks the API as somebody. @throws when it refuses */
export async function ask<Body>(
  url: string,
  options: { user: string; role?: Role; method?: 'GET' | 'POST' | 'PUT'; body?: unknown },
): Promise<Body> {
  const { user, role = 'customer', method = 'GET', body } = options
  const response = await fetch(url, {
    method,
    headers: {
      authorization: `Bearer ${tokenOf(user, role)}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  })
  const answer = (await response.json()) as Body & { code?: string }
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${answer.code}`)
  return answer
}

export interface EventItem {
  id: string
  name: string
  shows: { zones: { id: string }[] }[]
}

/** The event of the demo on-sale. */
export async function demoEvent(api: string): Promise<EventItem> {
  const { items } = await ask<{ items: EventItem[] }>(`${api}/api/v1/events`, { user: 'backstage' })
  const event = items.find(({ name }) => name === 'Floodgate Live')
  if (!event) throw new Error('the demo on-sale is not there')
  return event
}

/** One zone of so many seats, or the shows that are given. */
export function newEvent(api: string, name: string, seats: number | object[]): Promise<EventItem> {
  const onlyShow = (capacity: number) => ({
    name: 'Only night',
    venue: 'Small hall',
    starts_at: new Date(Date.now() + 30 * 86_400_000).toISOString(),
    zones: [{ name: 'Floor', capacity, price_minor: 90_000, currency: 'THB' }],
  })
  return ask(`${api}/api/v1/events`, {
    user: 'backstage',
    role: 'organizer',
    method: 'POST',
    body: {
      slug: `event-${Math.random().toString(36).slice(2)}`,
      name,
      status: 'on_sale',
      sale_opens_at: new Date(Date.now() - 60_000).toISOString(),
      shows: typeof seats === 'number' ? [onlyShow(seats)] : seats,
    },
  })
}

export function changeQueue(api: string, eventId: string, change: object): Promise<unknown> {
  const url = `${api}/api/v1/admin/queues/${eventId}`
  return ask(url, { user: 'backstage', role: 'admin', method: 'PUT', body: change })
}

/** Lets so many others join the queue, in order of their numbers within fifty. */
export async function crowdJoins(
  api: string,
  eventId: string,
  people: number,
  name = 'crowd',
): Promise<void> {
  const url = `${api}/api/v1/queue/join`
  for (let from = 0; from < people; from += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, people - from) }, (_, i) => `${name}-${from + i}`)
    await Promise.all(some.map((user) => ask(url, { user, method: 'POST', body: { event_id: eventId } })))
  }
}
