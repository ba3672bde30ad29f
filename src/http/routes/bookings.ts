/** A person's own bookings: to see them, pay for them and give them back. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Booking } from '../../booking/model.ts'
import { bookingView } from '../answers/booking.ts'
import { answerCancel, answerConfirm, answerRefund } from '../answers/ending.ts'
import type { Api } from '../api.ts'
import { authenticated, identityOf } from '../auth.ts'
import type { HttpDeps } from '../deps.ts'
import { refuse } from '../refuse.ts'
import {
  BookingItem,
  BookingPageBody,
  BookingQuery,
  ConfirmBody,
  Confirmed,
  Ended,
  Summary,
  SummaryQuery,
} from '../schemas/booking.ts'
import { bearer, errors, IdParams } from '../schemas/common.ts'

type Deps = Pick<
  HttpDeps,
  'confirm' | 'cancel' | 'refund' | 'ownBookings' | 'bookingByCode' | 'browse' | 'verifyToken'
>

export function bookingRoutes(api: Api, deps: Deps): void {
  endingRoutes(api, deps)
  readingRoutes(api, deps)
}

function endingRoutes(api: Api, { confirm, cancel, refund, verifyToken }: Deps): void {
  const onRequest = authenticated(verifyToken)
  const config = { work: 'ending' } as const
  const about = { tags: ['bookings'], security: bearer, params: IdParams }

  api.post(
    '/bookings/:id/confirm',
    {
      config,
      onRequest,
      schema: {
        ...about,
        summary: 'Turn a paid reservation into a booking',
        body: ConfirmBody,
        response: { 200: Confirmed, ...errors },
      },
    },
    async (request, reply) => {
      const bookingId = request.params.id.toLowerCase()
      const { userId } = identityOf(request)
      return answerConfirm(
        reply,
        await confirm({
          bookingId,
          userId,
          paymentId: request.body.payment_id,
        }),
      )
    },
  )

  const ended = { response: { 200: Ended, ...errors } }
  const giveBack = async (request: FastifyRequest<{ Params: { id: string } }>, reply: FastifyReply) => {
    const bookingId = request.params.id.toLowerCase()
    return answerCancel(reply, bookingId, await cancel({ bookingId, userId: identityOf(request).userId }))
  }
  const cancelSchema = {
    ...about,
    ...ended,
    summary: 'Give a reservation back',
  }
  api.post('/bookings/:id/cancel', { config, onRequest, schema: cancelSchema }, giveBack)
  api.delete('/bookings/:id', { config, onRequest, schema: cancelSchema }, giveBack)

  api.post(
    '/bookings/:id/refund',
    {
      config,
      onRequest,
      schema: {
        ...about,
        ...ended,
        summary: 'Give a confirmed booking back for its money',
      },
    },
    async (request, reply) => {
      const bookingId = request.params.id.toLowerCase()
      return answerRefund(reply, bookingId, await refund({ bookingId, ...identityOf(request) }))
    },
  )
}

function readingRoutes(api: Api, { ownBookings, bookingByCode, browse, verifyToken }: Deps): void {
  const onRequest = authenticated(verifyToken)
  const about = { tags: ['bookings'], security: bearer }

  api.get(
    '/bookings',
    {
      onRequest,
      schema: {
        ...about,
        summary: 'Your bookings, newest first',
        querystring: BookingQuery,
        response: { 200: BookingPageBody, ...errors },
      },
    },
    async (request) => {
      const { cursor, limit = 20, event_id, confirmation_code } = request.query
      const { userId } = identityOf(request)
      const eventId = event_id?.toLowerCase() ?? null
      if (confirmation_code !== undefined) {
        const booking = await bookingByCode(confirmation_code.toUpperCase())
        return {
          items: booking && isAmong(booking, userId, eventId) ? [bookingView(booking)] : [],
          next_cursor: null,
        }
      }
      const before = cursor?.toLowerCase() ?? null
      const { items, next } = await ownBookings.list(userId, {
        before,
        limit,
        eventId,
      })
      return { items: items.map(bookingView), next_cursor: next }
    },
  )

  api.get(
    '/bookings/summary',
    {
      onRequest,
      schema: {
        ...about,
        summary: 'Your seats in one event',
        querystring: SummaryQuery,
        response: { 200: Summary, ...errors },
      },
    },
    async (request, reply) => {
      const identity = identityOf(request)
      const eventId = request.query.event_id.toLowerCase()
      const event = await browse.find(eventId, identity)
      if (!event) return refuse(reply, 'NOT_FOUND', 'there is no such event')
      const seats = await ownBookings.summary(identity.userId, eventId)
      const booked = seats.reserved + seats.confirmed
      const max = event.maxTicketsPerUser
      return {
        user_id: identity.userId,
        event_id: eventId,
        booked_count: booked,
        max_allowed: max,
        remaining_slots: Math.max(0, max - booked),
        ...seats,
      }
    },
  )

  api.get(
    '/bookings/:id',
    {
      onRequest,
      schema: {
        ...about,
        summary: 'One of your bookings',
        params: IdParams,
        response: { 200: BookingItem, ...errors },
      },
    },
    async (request, reply) => {
      const outcome = await ownBookings.get(request.params.id.toLowerCase(), identityOf(request).userId)
      switch (outcome.kind) {
        case 'found':
          return bookingView(outcome.booking)
        case 'not_found':
          return refuse(reply, 'NOT_FOUND', 'there is no such booking')
        case 'not_yours':
          return refuse(reply, 'FORBIDDEN', 'this booking is somebody else’s')
        default:
          return outcome satisfies never
      }
    },
  )
}

function isAmong(booking: Booking, userId: string, eventId: string | null): boolean {
  return booking.userId === userId && (eventId === null || booking.eventId === eventId)
}
