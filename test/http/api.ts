/** A server over in-memory use cases, for tests of what is purely HTTP: shapes, codes, authorization, limits. */
import type { FastifyBaseLogger, FastifyInstance, InjectOptions } from 'fastify'
import type { Booking } from '../../src/booking/model.ts'
import type { CatalogueEvent } from '../../src/catalogue/model.ts'
import type { HttpDeps } from '../../src/http/deps.ts'
import type { Role } from '../../src/http/identity.ts'
import { buildServer } from '../../src/http/server.ts'
import { signToken } from '../../src/http/token.ts'
import { makeTokenVerifier } from '../../src/http/verify-token.ts'
import { fakeQueue } from './fake-queue.ts'
import { steeredLoad } from './steered-load.ts'

export const secret = 'a secret for these tests, of 32 letters'
export const eventId = '0199c0de-0000-7000-8000-00000000000e'
export const zoneId = '0199c0de-0000-7000-8000-00000000000a'
export const showId = '0199c0de-0000-7000-8000-00000000000b'
export const bookingId = '0199c0de-0000-7000-8000-00000000000c'

const soon = Date.now() + 600_000

export const booking: Booking = {
  bookingId,
  userId: 'owner',
  eventId,
  showId,
  zoneId,
  quantity: 2,
  unitPriceMinor: 150_000,
  currency: 'THB',
  createdAtMs: soon - 600_000,
  expiresAtMs: soon,
  idempotencyHash: null,
  traceparent: null,
  status: 'reserved',
  version: 1,
  paymentId: null,
  confirmationCode: null,
  confirmedAtMs: null,
  endedAtMs: null,
}

export const confirmed: Booking = {
  ...booking,
  status: 'confirmed',
  paymentId: 'pay_1',
  confirmationCode: 'ABCDEFGHJK',
  confirmedAtMs: soon,
}

export const event: CatalogueEvent = {
  id: eventId,
  slug: 'the-show',
  name: 'The show',
  description: '',
  organizerId: 'organizer',
  status: 'on_sale',
  saleOpensAtMs: 0,
  saleClosesAtMs: null,
  maxTicketsPerUser: 10,
  refundWindowHours: 0,
  queueRequired: false,
  version: 1,
  createdAtMs: 0,
  updatedAtMs: 0,
  shows: [
    {
      id: showId,
      name: 'Friday',
      venue: 'Hall',
      startsAtMs: soon,
      zones: [{ id: zoneId, name: 'A', capacity: 100, priceMinor: 150_000, currency: 'THB' }],
    },
  ],
}

export const quietLog = {
  child: () => quietLog,
  level: 'silent',
  fatal() {},
  error() {},
  warn() {},
  info() {},
  debug() {},
  trace() {},
  silent() {},
} as unknown as FastifyBaseLogger

/** Every use case succeeds, for the booking and the event above; a test replaces the ones it is about. */
export function workingDeps(): HttpDeps {
  const shown = { event, seats: new Map([[zoneId, { available: 90, sold: 4, capacity: 100 }]]) }
  const payment = {
    id: 'pay_1',
    bookingId,
    amountMinor: 300_000,
    currency: 'THB',
    state: 'succeeded' as const,
    userId: 'owner',
    method: 'succeed' as const,
    attempt: 1,
    isFinal: false,
    traceparent: null,
  }
  const own = (userId: string) =>
    userId === 'owner' ? { kind: 'found' as const, booking } : { kind: 'not_yours' as const }
  return {
    tracing: null,
    settings: {
      REQUEST_LOG: false,
      MAX_TICKETS_PER_USER: 10,
      RATE_LIMIT_RESERVE_PER_SECOND: 0,
      RATE_LIMIT_JOIN_PER_SECOND: 0,
      RATE_LIMIT_BAD_SIGNATURES_PER_MINUTE: 0,
      // None: a stream that opened would never end.
      QUEUE_STREAMS_MAX: 0,
    },
    verifyToken: makeTokenVerifier({
      JWT_SECRET: secret,
      JWT_PUBLIC_KEY: '',
      JWT_JWKS_URL: '',
      JWT_AUDIENCE: 'floodgate',
    }),
    reserve: async (command) => ({
      kind: 'reserved',
      hold: { ...booking, bookingId: command.bookingId, userId: command.userId, quantity: command.quantity },
      remaining: 88,
      replayed: false,
    }),
    confirm: async ({ userId }) =>
      userId === 'owner' ? { kind: 'confirmed', booking: confirmed } : { kind: 'not_yours' },
    cancel: async ({ userId }) =>
      userId === 'owner' ? { kind: 'cancelled', booking } : { kind: 'not_yours' },
    refund: async ({ userId, role }) =>
      userId === 'owner' || role === 'admin' || userId === 'organizer'
        ? { kind: 'refunded', booking: confirmed }
        : { kind: 'forbidden' },
    ownBookings: {
      get: async (_id, userId) => own(userId),
      list: async () => ({ items: [booking], next: null }),
      summary: async () => ({ reserved: 2, confirmed: 3, cancelled: 0, expired: 1, refunded: 0 }),
    },
    bookingByCode: async (code) => (code === confirmed.confirmationCode ? confirmed : null),
    browse: {
      list: async () => ({ items: [shown], next: null }),
      find: async () => event,
      get: async () => shown,
      availability: async () => shown,
    },
    createEvent: async () => ({ kind: 'created', event }),
    changeEvent: async ({ person }) =>
      person.userId === 'organizer' || person.role === 'admin'
        ? { kind: 'changed', event }
        : { kind: 'forbidden' },
    cancelEvent: async ({ person }) =>
      person.userId === 'organizer' || person.role === 'admin'
        ? { kind: 'cancelled', event }
        : { kind: 'forbidden' },
    inventoryAdmin: { status: async () => [], sync: async () => [] },
    payments: {
      start: async () => ({ kind: 'opened', payment }),
      find: async () => payment,
      isGenuine: (signature) => signature === 'genuine',
      takeWebhook: async () => ({ kind: 'taken' }),
    },
    readiness: async () => ({ redis: { ok: true, state: 'up', required: true } }),
    isDraining: () => false,
    load: steeredLoad().load,
    ...fakeQueue(eventId),
    log: quietLog,
  }
}

/** Closed after the test. */
export function openApi(t: { after(cleanUp: () => Promise<void>): void }, deps: Partial<HttpDeps> = {}) {
  const api = buildServer({ ...workingDeps(), ...deps })
  t.after(() => api.close())
  return api
}

export function tokenOf(user: string, role: Role, options: { audience?: string; key?: string } = {}): string {
  const { audience = 'floodgate', key = secret } = options
  return signToken({ user, role, expiresInSeconds: 3600, secret: key, audience })
}

export const asUser = (user: string, role: Role = 'customer') => ({
  authorization: `Bearer ${tokenOf(user, role)}`,
})

/** POST with JSON as a customer. */
export function post(
  api: FastifyInstance,
  url: string,
  payload: unknown,
  headers: Record<string, string> = {},
) {
  const request: InjectOptions = {
    method: 'POST',
    url,
    headers: { ...asUser('owner'), 'content-type': 'application/json', ...headers },
    payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
  }
  return api.inject(request)
}

export const reservation = { event_id: eventId, zone_id: zoneId, quantity: 2 }

/** What the payment provider sends of the payment above. */
export const webhook = {
  id: 'evt_1',
  type: 'payment.succeeded',
  data: { payment_id: 'pay_1', booking_id: bookingId, amount_minor: 300_000, currency: 'THB' },
}

/** Signed, as the fake above understands it. */
export const signed = { 'x-floodgate-signature': 'genuine' }

export const newEvent = {
  slug: 'the-show',
  name: 'The show',
  sale_opens_at: '2026-12-01T10:00:00Z',
  shows: [
    {
      name: 'Friday',
      venue: 'Hall',
      starts_at: '2026-12-31T20:00:00+07:00',
      zones: [{ name: 'A', capacity: 100, price_minor: 150_000, currency: 'THB' }],
    },
  ],
}
