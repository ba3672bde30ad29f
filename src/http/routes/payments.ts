/** Paying for a booking. What is paid comes from the booking, never from the client. */
import type { FastifyReply } from 'fastify'
import type { BookingOutcome } from '../../booking/own-bookings.ts'
import type { IntentOutcome } from '../../payments/start-intent.ts'
import { paymentView } from '../answers/payment.ts'
import type { Api } from '../api.ts'
import { authenticated, identityOf } from '../auth.ts'
import type { HttpDeps } from '../deps.ts'
import { refuse } from '../refuse.ts'
import { bearer, errors } from '../schemas/common.ts'
import { IntentBody, PaymentBody, PaymentParams } from '../schemas/payment.ts'

type Deps = Pick<HttpDeps, 'payments' | 'ownBookings' | 'verifyToken'>

export function paymentRoutes(api: Api, { payments, ownBookings, verifyToken }: Deps): void {
  const onRequest = authenticated(verifyToken)
  const about = { tags: ['payments'], security: bearer }

  api.post(
    '/payments/intents',
    {
      config: { work: 'ending' },
      onRequest,
      schema: {
        ...about,
        summary: 'Start the payment of a reservation',
        body: IntentBody,
        response: { 201: PaymentBody, ...errors },
      },
    },
    async (request, reply) => {
      const { booking_id, simulate = 'succeed' } = request.body
      const outcome = await ownBookings.get(booking_id.toLowerCase(), identityOf(request).userId)
      if (outcome.kind !== 'found') return refuseBooking(reply, outcome)
      const { bookingId, unitPriceMinor, quantity, currency, status, expiresAtMs } = outcome.booking
      switch (status) {
        case 'reserved': {
          // By this machine's clock, so it is a courtesy to the buyer; confirm is decided by the seat store's.
          if (Date.now() >= expiresAtMs) return expired(reply)
          const intent = await payments.start({
            bookingId,
            userId: identityOf(request).userId,
            amountMinor: unitPriceMinor * quantity,
            currency,
            method: simulate,
            traceparent: request.traceContext,
          })
          return answerIntent(reply, intent)
        }
        case 'confirmed':
          return refuse(reply, 'ALREADY_CONFIRMED', 'the booking is paid for')
        case 'cancelled':
        case 'refunded':
          return refuse(reply, 'ALREADY_RELEASED', 'the booking was given back')
        case 'expired':
          return expired(reply)
        default:
          return status satisfies never
      }
    },
  )

  api.get(
    '/payments/:id',
    {
      onRequest,
      schema: {
        ...about,
        summary: 'A payment of one of your bookings',
        params: PaymentParams,
        response: { 200: PaymentBody, ...errors },
      },
    },
    async (request, reply) => {
      const payment = await payments.find(request.params.id)
      if (!payment) return refuse(reply, 'NOT_FOUND', 'there is no such payment')
      const outcome = await ownBookings.get(payment.bookingId, identityOf(request).userId)
      return outcome.kind === 'found' ? paymentView(payment) : refuseBooking(reply, outcome)
    },
  )
}

function answerIntent(reply: FastifyReply, outcome: IntentOutcome): FastifyReply {
  switch (outcome.kind) {
    case 'opened':
    case 'open':
      return reply.code(201).send(paymentView(outcome.payment))
    case 'attempts_used':
      return refuse(reply, 'PAYMENT_NOT_COMPLETED', 'the last attempt to pay for the booking was declined')
    default:
      return outcome satisfies never
  }
}

function refuseBooking(
  reply: FastifyReply,
  outcome: Exclude<BookingOutcome, { kind: 'found' }>,
): FastifyReply {
  switch (outcome.kind) {
    case 'not_found':
      return refuse(reply, 'NOT_FOUND', 'there is no such booking')
    case 'not_yours':
      return refuse(reply, 'FORBIDDEN', 'this booking is somebody else’s')
    default:
      return outcome satisfies never
  }
}

const expired = (reply: FastifyReply) => refuse(reply, 'EXPIRED', 'the reservation’s time is over')
