/** What a client of the API does, over HTTP and with a token of its own. */
import { randomUUID } from 'node:crypto'
import { LOCAL_JWT_SECRET } from '../../src/config.ts'
import type { Role } from '../../src/http/identity.ts'
import { signToken } from '../../src/http/token.ts'

export interface Answer {
  status: number
  code: string | undefined
  retryAfter: string | null
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what the tests look at
  body: any
  headers: Headers
}

const tokens = new Map<string, string>()

function tokenOf(user: string, role: Role): string {
  const name = `${role}:${user}`
  let token = tokens.get(name)
  if (token === undefined) {
    token = signToken({ user, role, expiresInSeconds: 3600, secret: LOCAL_JWT_SECRET, audience: 'floodgate' })
    tokens.set(name, token)
  }
  return token
}

/** @throws when no whole answer came */
export async function ask(
  method: 'GET' | 'POST',
  url: string,
  options: { user?: string; role?: Role; body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const { user = 'somebody', role = 'customer', body } = options
  const response = await fetch(url, {
    method,
    headers: {
      authorization: `Bearer ${tokenOf(user, role)}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  })
  const json = (await response.json()) as { code?: string }
  return {
    status: response.status,
    code: json.code,
    retryAfter: response.headers.get('retry-after'),
    body: json,
    headers: response.headers,
  }
}

export interface OnSale {
  eventId: string
  zoneId: string
  capacity: number
}

/** Creates events on sale, of one zone each. Several events lie in several partitions. */
export async function createEvents(
  api: string,
  count: number,
  capacity: number,
  more: Readonly<Record<string, unknown>> = {},
): Promise<OnSale[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const zone = { name: 'Standing', capacity, price_minor: 5000, currency: 'THB' }
      const show = { name: 'Show', venue: 'Hall', starts_at: '2099-01-01T00:00:00Z', zones: [zone] }
      const event = {
        ...more,
        slug: `fault-${i}-${randomUUID()}`,
        name: `Fault ${i}`,
        status: 'on_sale',
        sale_opens_at: '2020-01-01T00:00:00Z',
        shows: [show],
      }
      const { status, body } = await ask('POST', `${api}/api/v1/events`, {
        user: 'boss',
        role: 'organizer',
        body: event,
      })
      if (status !== 201) throw new Error(`no event: ${JSON.stringify(body)}`)
      return { eventId: body.id, zoneId: body.shows[0].zones[0].id, capacity }
    }),
  )
}
