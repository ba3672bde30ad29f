/**
 * Route × role × ownership, on real stores: what each caller is answered, and that whoever was refused changed nothing. The routes are
 * Fastify's own: one that is added without a row here fails.
 */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { newEvent, webhook } from '../http/api.ts'
import { withoutPostgres, withoutRedis } from '../support/stores.ts'
import {
  admins,
  anyUser,
  type Caller,
  callers,
  type Expected,
  everybody,
  organizers,
  ownerOnly,
  whoRunsTheEvent,
  withOrWithoutToken,
} from './callers.ts'
import { openScene, type Scene } from './scene.ts'

const skip = withoutRedis || withoutPostgres

/** What a cell asks for. `look` reads what must stay as it is when the caller is refused. */
interface Asked {
  url: string
  body?: object
  look?: () => Promise<unknown>
}

type Row = [route: string, prepare: (scene: Scene) => Asked | Promise<Asked>, expected: Expected]

const v1 = (rest: string) => `/api/v1${rest}`
const at = (url: string) => () => ({ url })

async function onHeld(scene: Scene, path: string, body?: object): Promise<Asked> {
  const id = await scene.held()
  return { url: v1(`/bookings/${id}${path}`), ...(body && { body }), look: () => scene.lookAtBooking(id) }
}

async function onConfirmed(scene: Scene, path: string): Promise<Asked> {
  const id = await scene.confirmed()
  return { url: v1(`/bookings/${id}${path}`), look: () => scene.lookAtBooking(id) }
}

async function onEvent(scene: Scene, method: (id: string) => string, body?: object): Promise<Asked> {
  const id = await scene.event()
  return { url: v1(method(id)), ...(body && { body }), look: () => scene.lookAtEvent(id) }
}

async function paidFor(scene: Scene): Promise<Asked> {
  const { bookingId, paymentId } = await scene.paid()
  return {
    url: v1(`/bookings/${bookingId}/confirm`),
    body: { payment_id: paymentId },
    look: () => scene.lookAtBooking(bookingId),
  }
}

async function queuedFor(scene: Scene, url: (eventId: string) => string, withBody = false): Promise<Asked> {
  const eventId = await scene.queue()
  return {
    url: v1(url(eventId)),
    ...(withBody && { body: { event_id: eventId } }),
    look: () => scene.lookAtQueue(eventId),
  }
}

/** Whoever is not in the queue has no place to see or to leave, and nobody sees another's. */
const ownPlace: Expected = { ...anyUser('404 NOT_IN_QUEUE'), owner: '200' }

const matrix: Row[] = [
  ['GET /', at('/'), everybody('200')],
  ['GET /page/:file', at('/page/app.js'), everybody('200')],
  ['GET /docs', at('/docs'), everybody('200')],
  ['GET /docs/', at('/docs/'), everybody('200')],
  ['GET /docs/static/*', at('/docs/static/swagger-ui.css'), everybody('200')],
  ['GET /docs/static/index.html', at('/docs/static/index.html'), everybody('302')],
  ['GET /docs/static/swagger-initializer.js', at('/docs/static/swagger-initializer.js'), everybody('200')],
  ['GET /docs/json', at('/docs/json'), everybody('200')],
  ['GET /docs/yaml', at('/docs/yaml'), everybody('200')],
  ['GET /openapi.json', at('/openapi.json'), everybody('200')],
  ['GET /health', at('/health'), everybody('200')],
  ['GET /ready', at('/ready'), everybody('200')],
  // There where the signing secret is a public one only, so it gives away nothing: test/page/serving.test.ts.
  ['POST /demo/token', () => ({ url: '/demo/token', body: { role: 'admin' } }), everybody('404 NOT_FOUND')],

  ['GET /api/v1/events', at(v1('/events')), withOrWithoutToken('200')],
  [
    'GET /api/v1/events/:idOrSlug',
    (scene) => onEvent(scene, (id) => `/events/${id}`),
    withOrWithoutToken('200'),
  ],
  [
    'GET /api/v1/events/:idOrSlug (a draft)',
    async (scene) => ({ url: v1(`/events/${await scene.draft()}`) }),
    { ...withOrWithoutToken('404 NOT_FOUND'), organizer: '200', admin: '200' },
  ],
  [
    'GET /api/v1/events/:idOrSlug/availability',
    (scene) => onEvent(scene, (id) => `/events/${id}/availability`),
    withOrWithoutToken('200'),
  ],
  [
    'GET /api/v1/events/:idOrSlug/availability (a draft)',
    async (scene) => ({ url: v1(`/events/${await scene.draft()}/availability`) }),
    { ...withOrWithoutToken('404 NOT_FOUND'), organizer: '200', admin: '200' },
  ],
  [
    'POST /api/v1/events',
    () => ({ url: v1('/events'), body: { ...newEvent, slug: `event-${randomUUID()}` } }),
    organizers('201'),
  ],
  [
    'PATCH /api/v1/events/:id',
    (scene) => onEvent(scene, (id) => `/events/${id}`, { name: 'Other' }),
    whoRunsTheEvent('200'),
  ],
  [
    'POST /api/v1/events/:id/cancel',
    (scene) => onEvent(scene, (id) => `/events/${id}/cancel`),
    whoRunsTheEvent('200'),
  ],

  [
    'POST /api/v1/bookings/reserve',
    (scene) => ({
      url: v1('/bookings/reserve'),
      body: { event_id: scene.eventId, zone_id: scene.zoneId, quantity: 1 },
      look: () => scene.lookAtEvent(scene.eventId),
    }),
    anyUser('201'),
  ],
  ['GET /api/v1/bookings', at(v1('/bookings')), anyUser('200')],
  [
    'GET /api/v1/bookings/summary',
    ({ eventId }) => ({ url: v1(`/bookings/summary?event_id=${eventId}`) }),
    anyUser('200'),
  ],
  ['GET /api/v1/bookings/:id', (scene) => onHeld(scene, ''), ownerOnly('200')],
  ['POST /api/v1/bookings/:id/confirm', paidFor, ownerOnly('200')],
  ['POST /api/v1/bookings/:id/cancel', (scene) => onHeld(scene, '/cancel'), ownerOnly('200')],
  ['DELETE /api/v1/bookings/:id', (scene) => onHeld(scene, ''), ownerOnly('200')],
  [
    'POST /api/v1/bookings/:id/refund',
    (scene) => onConfirmed(scene, '/refund'),
    { ...whoRunsTheEvent('200'), owner: '200' },
  ],

  [
    'POST /api/v1/payments/intents',
    async (scene) => {
      const id = await scene.held()
      return {
        url: v1('/payments/intents'),
        body: { booking_id: id },
        look: () => scene.lookAtBooking(id),
      }
    },
    ownerOnly('201'),
  ],
  [
    'GET /api/v1/payments/:id',
    async (scene) => ({ url: v1(`/payments/${(await scene.paid()).paymentId}`) }),
    ownerOnly('200'),
  ],
  // Whoever can sign is the provider; a token makes nobody one.
  [
    'POST /api/v1/payments/webhook',
    () => ({ url: v1('/payments/webhook'), body: webhook }),
    everybody('401 UNAUTHORIZED'),
  ],

  [
    'POST /api/v1/queue/join',
    async (scene) => {
      const id = await scene.queue()
      return { url: v1('/queue/join'), body: { event_id: id }, look: () => scene.lookAtQueue(id) }
    },
    anyUser('201'),
  ],
  [
    'GET /api/v1/queue/position/:event_id',
    (scene) => queuedFor(scene, (id) => `/queue/position/${id}`),
    ownPlace,
  ],
  [
    'GET /api/v1/queue/position/:event_id/stream',
    (scene) => queuedFor(scene, (id) => `/queue/position/${id}/stream`),
    ownPlace,
  ],
  ['DELETE /api/v1/queue/leave', (scene) => queuedFor(scene, () => '/queue/leave', true), ownPlace],
  [
    'GET /api/v1/queue/status/:event_id',
    ({ eventId }) => ({ url: v1(`/queue/status/${eventId}`) }),
    everybody('200'),
  ],

  [
    'GET /api/v1/admin/queues/:event_id',
    ({ eventId }) => ({ url: v1(`/admin/queues/${eventId}`) }),
    admins('200'),
  ],
  [
    'PUT /api/v1/admin/queues/:event_id',
    async (scene) => {
      const id = await scene.queue()
      return {
        url: v1(`/admin/queues/${id}`),
        body: { state: 'paused' },
        look: () => scene.lookAtQueue(id),
      }
    },
    admins('200'),
  ],
  ['GET /api/v1/admin/inventory-status', at(v1('/admin/inventory-status')), admins('200')],
  [
    'POST /api/v1/admin/sync-inventory',
    () => ({ url: v1('/admin/sync-inventory'), body: { force: false } }),
    admins('200'),
  ],
]

test('every route answers each caller as the matrix says, and whoever is refused changes nothing', {
  skip,
}, async (t) => {
  const scene = await openScene(t)
  for (const [route, prepare, expected] of matrix) {
    await t.test(route, async () => {
      const names = Object.keys(callers) as Caller[]
      const refused = names.filter((name) => Number.parseInt(expected[name], 10) >= 400)
      const seen: Record<string, string> = {}
      const method = route.slice(0, route.indexOf(' '))
      // Nobody of them changes anything, so one thing is enough for all.
      const asked = await prepare(scene)
      const before = await asked.look?.()
      for (const name of refused) seen[name] = await scene.ask(method, asked.url, callers[name], asked.body)
      assert.deepEqual(await asked.look?.(), before, 'somebody who was refused has changed it')
      for (const name of names.filter((one) => !refused.includes(one))) {
        const own = await prepare(scene)
        seen[name] = await scene.ask(method, own.url, callers[name], own.body)
      }
      assert.deepEqual(seen, { ...expected })
    })
  }
})

test('the matrix has a row for every route there is', { skip }, async (t) => {
  const scene = await openScene(t)
  // What a part of a path is called is no difference between routes.
  const unnamed = (route: string) => route.replace(/:\w+/g, ':').replace(/ \(.*/, '')
  const registered = new Set(
    scene.routes().map((route) => unnamed(route.replace(/ \/page\/.*/, ' /page/:file'))),
  )
  const listed = new Set(matrix.map(([route]) => unnamed(route)))
  assert.deepEqual(
    [...registered].filter((route) => !listed.has(route)),
    [],
  )
  assert.deepEqual(
    [...listed].filter((route) => !registered.has(route)),
    ['POST /demo/token'],
  )
})

test('a header is not an identity', { skip }, async (t) => {
  const scene = await openScene(t)
  const id = await scene.held()
  const headers = { 'x-user-id': 'owner', 'x-user-role': 'admin', 'x-forwarded-user': 'owner' }
  const response = await fetch(`${scene.address}/api/v1/bookings/${id}`, { headers })
  assert.equal(response.status, 401)
  assert.equal(response.headers.get('www-authenticate'), 'Bearer')
})
