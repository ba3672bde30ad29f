import type { FastifyBaseLogger, FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { Unavailable } from '../pipeline/unavailable.ts'
import type { ErrorCode } from './errors.ts'
import { refuse, refuseForNow } from './refuse.ts'

/** Fastify's own refusals that have a code of their own here; every other 4xx of it is INVALID_REQUEST. */
const codeOfFastify: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'PAYLOAD_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  FST_ERR_NOT_FOUND: 'NOT_FOUND',
}

/**
 * Turns whatever was thrown into an answer. What is not foreseen is a defect: logged in full, told in three words.
 */
export function makeFaultHandler(log: FastifyBaseLogger) {
  return function answerFault(
    error: FastifyError,
    request: FastifyRequest,
    reply: FastifyReply,
  ): FastifyReply {
    if (error instanceof Unavailable) {
      const message = 'a part of the service is unavailable for a moment; try again'
      return refuseForNow(reply, 'UNAVAILABLE', message, error.retryAfterSeconds)
    }
    const code = codeOfFault(error)
    if (code === 'INTERNAL_ERROR') {
      const route = request.routeOptions.url ?? 'unknown'
      log.error({ err: error, method: request.method, route }, 'request failed')
      return refuse(reply, code, 'internal server error')
    }
    return refuse(reply, code, error.message)
  }
}

function codeOfFault(error: FastifyError): ErrorCode {
  const known = codeOfFastify[error.code]
  if (known) return known
  const { statusCode } = error
  return statusCode !== undefined && statusCode >= 400 && statusCode < 500
    ? 'INVALID_REQUEST'
    : 'INTERNAL_ERROR'
}
