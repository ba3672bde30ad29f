import type { FastifyReply } from 'fastify'
import { type ErrorBody, type ErrorCode, errorBody, statusOfCode } from './errors.ts'

/**
 * Answers with an error. No Error object is made for it: while an event is sold out this is what most answers are,
 * and a stack trace costs more than the rest of the request.
 */
export function refuse(
  reply: FastifyReply,
  code: ErrorCode,
  message: string,
  details?: Pick<ErrorBody, 'unit_price_minor'>,
): FastifyReply {
  return reply.code(statusOfCode[code]).send({ ...errorBody(code, message), ...details })
}

/** As `refuse`, and says when to come back. */
export function refuseForNow(
  reply: FastifyReply,
  code: 'OVERLOADED' | 'TOO_MANY_REQUESTS' | 'UNAVAILABLE',
  message: string,
  retryAfterSeconds: number,
): FastifyReply {
  return refuse(reply.header('Retry-After', String(retryAfterSeconds)), code, message)
}
