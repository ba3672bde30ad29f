/**
 * The catalogue for everybody. Answers carry an ETag and may be kept for a moment, so that a CDN can stand in
 * front.
 */
import type { FastifyRequest } from 'fastify'
import { availabilityView, eventView } from '../answers/event.ts'
import type { Api } from '../api.ts'
import { optionallyAuthenticated } from '../auth.ts'
import { sendCacheable } from '../cacheable.ts'
import type { HttpDeps } from '../deps.ts'
import { refuse } from '../refuse.ts'
import { errors } from '../schemas/common.ts'
import { AvailabilityBody, EventBody, EventPageBody, EventQuery, IdOrSlugParams } from '../schemas/event.ts'

/** Seats and sale state move fast; a second is what an on-sale can bear. */
const MAX_AGE_SECONDS = 1

export function eventRoutes(
  api: Api,
  { browse, verifyToken }: Pick<HttpDeps, 'browse' | 'verifyToken'>,
): void {
  const onRequest = optionallyAuthenticated(verifyToken)
  const about = { tags: ['events'] }

  api.get(
    '/events',
    {
      onRequest,
      schema: {
        ...about,
        summary: 'Events, newest first',
        querystring: EventQuery,
        response: { 200: EventPageBody, ...errors },
      },
    },
    async (request, reply) => {
      const { cursor, limit = 20 } = request.query
      const page = await browse.list({ before: cursor?.toLowerCase() ?? null, limit }, request.identity)
      const body = { items: page.items.map(eventView), next_cursor: page.next }
      return sendCacheable(request, reply, body, cacheFor(request))
    },
  )

  api.get(
    '/events/:idOrSlug',
    {
      onRequest,
      schema: {
        ...about,
        summary: 'An event with its shows, zones, prices and free seats',
        params: IdOrSlugParams,
        response: { 200: EventBody, ...errors },
      },
    },
    async (request, reply) => {
      const found = await browse.get(request.params.idOrSlug.toLowerCase(), request.identity)
      if (!found) return refuse(reply, 'NOT_FOUND', 'there is no such event')
      return sendCacheable(request, reply, eventView(found), cacheFor(request))
    },
  )

  api.get(
    '/events/:idOrSlug/availability',
    {
      onRequest,
      schema: {
        ...about,
        summary: 'Free seats of every zone, now',
        params: IdOrSlugParams,
        response: { 200: AvailabilityBody, ...errors },
      },
    },
    async (request, reply) => {
      const found = await browse.availability(request.params.idOrSlug.toLowerCase(), request.identity)
      if (!found) return refuse(reply, 'NOT_FOUND', 'there is no such event')
      return sendCacheable(request, reply, availabilityView(found), cacheFor(request))
    },
  )
}

/** What somebody with a token sees may have drafts in it, and is not for a shared cache. */
function cacheFor(request: FastifyRequest) {
  const scope = request.identity === null ? ('public' as const) : ('private' as const)
  return { maxAgeSeconds: MAX_AGE_SECONDS, scope }
}
