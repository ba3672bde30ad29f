/** The outcomes of confirm, cancel and refund as answers: each has its code. */
import type { FastifyReply } from 'fastify'
import type { CancelOutcome } from '../../booking/cancel.ts'
import type { ConfirmOutcome } from '../../booking/confirm.ts'
import type { RefundOutcome } from '../../booking/refund.ts'
import { refuse } from '../refuse.ts'
import { instant } from './instant.ts'

export function answerConfirm(reply: FastifyReply, outcome: ConfirmOutcome): FastifyReply {
  switch (outcome.kind) {
    case 'confirmed': {
      const { bookingId, confirmedAtMs, confirmationCode } = outcome.booking
      return reply.code(200).send({
        booking_id: bookingId,
        status: 'confirmed',
        confirmed_at: instant(confirmedAtMs ?? Number.NaN),
        confirmation_code: confirmationCode,
      })
    }
    case 'not_found':
      return notFound(reply)
    case 'not_yours':
      return notYours(reply)
    case 'expired':
      return expired(reply)
    case 'released':
      return refuse(reply, 'ALREADY_RELEASED', 'the reservation was given back')
    case 'confirmed_by_other_payment':
      return refuse(reply, 'ALREADY_CONFIRMED', 'the booking was confirmed by another payment')
    case 'payment_not_completed':
      return refuse(reply, 'PAYMENT_NOT_COMPLETED', outcome.why)
    case 'oversold':
      return refuse(reply, 'INSUFFICIENT_SEATS', 'the zone is sold out; the payment is being refunded')
    default:
      return outcome satisfies never
  }
}

export function answerCancel(reply: FastifyReply, bookingId: string, outcome: CancelOutcome): FastifyReply {
  switch (outcome.kind) {
    case 'cancelled':
      return reply.code(200).send({
        booking_id: bookingId,
        status: 'cancelled',
        message: 'the seats are free again',
      })
    case 'not_found':
      return notFound(reply)
    case 'not_yours':
      return notYours(reply)
    case 'expired':
      return expired(reply)
    case 'already_confirmed':
      return refuse(reply, 'ALREADY_CONFIRMED', 'the booking is confirmed; it can be refunded')
    case 'already_released':
      return alreadyReleased(reply)
    default:
      return outcome satisfies never
  }
}

export function answerRefund(reply: FastifyReply, bookingId: string, outcome: RefundOutcome): FastifyReply {
  switch (outcome.kind) {
    case 'refunded':
      return reply.code(200).send({
        booking_id: bookingId,
        status: 'refunded',
        message: 'the money is on its way back',
      })
    case 'not_found':
      return notFound(reply)
    case 'forbidden':
      return notYours(reply)
    case 'window_closed':
      return refuse(reply, 'FORBIDDEN', 'the time for refunds of this event is over')
    case 'not_confirmed':
      return refuse(reply, 'PAYMENT_NOT_COMPLETED', 'the booking is not confirmed, so nothing was paid')
    case 'already_released':
      return alreadyReleased(reply)
    default:
      return outcome satisfies never
  }
}

const notFound = (reply: FastifyReply) => refuse(reply, 'NOT_FOUND', 'there is no such booking')
const notYours = (reply: FastifyReply) => refuse(reply, 'FORBIDDEN', 'this booking is somebody else’s')
const expired = (reply: FastifyReply) => refuse(reply, 'EXPIRED', 'the reservation’s time is over')
const alreadyReleased = (reply: FastifyReply) =>
  refuse(reply, 'ALREADY_RELEASED', 'the seats were given back before')
