/** The hot path. What can be made once is made once; the handler itself branches and calls. */
import type { FastifyReply } from 'fastify'
import type { ReserveOutcome } from '../../booking/reserve.ts'
import { newBookingId } from '../../pipeline/partition.ts'
import { reservedView } from '../answers/booking.ts'
import type { Api } from '../api.ts'
import { authenticated, identityOf } from '../auth.ts'
import type { HttpDeps } from '../deps.ts'
import { idempotencyKey } from '../idempotency-key.ts'
import { rateLimited } from '../rate-limit.ts'
import { refuse, refuseForNow } from '../refuse.ts'
import { ReserveBody, Reserved, ReserveHeaders } from '../schemas/booking.ts'
import { bearer, errors } from '../schemas/common.ts'

export function reserveRoute(
  api: Api,
  deps: Pick<HttpDeps, 'reserve' | 'queueTokens' | 'verifyToken' | 'settings' | 'now'>,
): void {
  const { reserve, queueTokens } = deps
  api.post(
    '/bookings/reserve',
    {
      config: { work: 'reserve' },
      onRequest: [
        authenticated(deps.verifyToken),
        ...rateLimited(deps.settings.RATE_LIMIT_RESERVE_PER_SECOND, deps.now),
      ],
      schema: {
        tags: ['bookings'],
        summary: 'Hold seats for a few minutes',
        security: bearer,
        body: ReserveBody,
        headers: ReserveHeaders,
        response: { 201: Reserved, ...errors },
      },
    },
    async (request, reply) => {
      const { body } = request
      const key = idempotencyKey(request.headers, body.idempotency_key)
      if (key.kind === 'invalid') return refuse(reply, 'INVALID_REQUEST', key.why)
      const eventId = body.event_id.toLowerCase()
      const { userId } = identityOf(request)
      const outcome = await reserve({
        bookingId: newBookingId(eventId),
        userId,
        eventId,
        zoneId: body.zone_id.toLowerCase(),
        showId: body.show_id?.toLowerCase() ?? null,
        quantity: body.quantity,
        expectedUnitPriceMinor: body.unit_price_minor ?? null,
        idempotencyHash: key.kind === 'key' ? key.hash : null,
        traceparent: request.traceContext,
        pass: queueTokens.provePass(
          passOf(request.headers['x-queue-pass'], body.queue_pass),
          eventId,
          userId,
        ),
      })
      return answer(reply, outcome)
    },
  )
}

function answer(reply: FastifyReply, outcome: ReserveOutcome): FastifyReply {
  switch (outcome.kind) {
    case 'reserved':
      if (outcome.replayed) reply.header('Idempotent-Replayed', 'true')
      return reply.code(201).send(reservedView(outcome.hold, outcome.remaining))
    case 'event_not_found':
      return refuse(reply, 'NOT_FOUND', 'there is no such event')
    case 'zone_not_found':
      return refuse(reply, 'ZONE_NOT_FOUND', 'the event has no such zone in this show')
    case 'not_on_sale':
      return refuse(reply, 'NOT_ON_SALE', 'the event is not on sale now')
    case 'pass_required':
      return refuse(reply, 'QUEUE_PASS_REQUIRED', 'this event lets in with a pass: join its queue')
    case 'pass_refused':
      return refusePass(reply, outcome.why)
    case 'price_changed': {
      const { unitPriceMinor } = outcome
      const message = `the price is ${unitPriceMinor} now`
      return refuse(reply, 'PRICE_CHANGED', message, {
        unit_price_minor: unitPriceMinor,
      })
    }
    case 'key_reused':
      return refuse(reply, 'IDEMPOTENCY_KEY_REUSED', 'this idempotency key belongs to another request')
    case 'limit_exceeded': {
      const { taken, maxTicketsPerUser } = outcome
      const message = `you have ${taken} of at most ${maxTicketsPerUser} seats in this event`
      return refuse(reply, 'MAX_TICKETS_EXCEEDED', message)
    }
    case 'sold_out':
      return refuse(reply, 'INSUFFICIENT_SEATS', `${outcome.available} seats are left in this zone`)
    case 'backlog_full':
      return refuseForNow(reply, 'OVERLOADED', 'too many reservations are waiting to be written', 1)
    default:
      return outcome satisfies never
  }
}

function refusePass(reply: FastifyReply, why: 'forged' | 'expired' | 'mismatch' | 'used'): FastifyReply {
  switch (why) {
    case 'forged':
      return refuse(reply, 'INVALID_QUEUE_PASS', 'the queue pass is not valid')
    case 'used':
      return refuse(reply, 'INVALID_QUEUE_PASS', 'the queue pass was used before, or is not known any more')
    case 'expired':
      return refuse(reply, 'QUEUE_PASS_EXPIRED', 'the queue pass has expired: join the queue again')
    case 'mismatch':
      return refuse(reply, 'QUEUE_PASS_MISMATCH', 'the queue pass is for somebody else or for another event')
    default:
      return why satisfies never
  }
}

/** The header counts where both are given. */
function passOf(header: string | string[] | undefined, inBody: string | undefined): string | null {
  return (typeof header === 'string' ? header : inBody) ?? null
}
