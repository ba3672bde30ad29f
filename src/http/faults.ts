import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { Unavailable } from '../pipeline/unavailable.ts'
import { type ErrorCode, statusOfCode } from './errors.ts'
import { refuse, refuseForNow } from './refuse.ts'
import type { RequestLog } from './request-log.ts'
import { traceIdFor } from './trace-requests.ts'

/** Fastify's own refusals that have a code of their own here; every other 4xx of it is INVALID_REQUEST. */
const codeOfFastify: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'PAYLOAD_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  FST_ERR_NOT_FOUND: 'NOT_FOUND',
}

/**
 * Turns whatever was thrown into an answer. What is not foreseen is a defect: logged in full, told in three words.
 */
export function makeFaultHandler(requestLog: RequestLog) {
  return function answerFault(
    error: FastifyError,
    request: FastifyRequest,
    reply: FastifyReply,
  ): FastifyReply {
    const code = codeOfFault(error)
    if (statusOfCode[code] >= 500) {
      request.fault = error
      reply.header('x-trace-id', traceIdFor(request))
    }
    if (error instanceof Unavailable) {
      const message = 'a part of the service is unavailable for a moment; try again'
      return refuseForNow(reply, 'UNAVAILABLE', message, error.retryAfterSeconds)
    }
    if (code === 'INTERNAL_ERROR') {
      // Now, and not with the answer: the caller may be gone.
      requestLog.remark(request, 'failed', statusOfCode[code], reply.elapsedTime / 1000)
      return refuse(reply, code, 'internal server error')
    }
    return refuse(reply, code, error.message)
  }
}

function codeOfFault(error: FastifyError): ErrorCode {
  if (error instanceof Unavailable) return 'UNAVAILABLE'
  const known = codeOfFastify[error.code]
  if (known) return known
  const { statusCode } = error
  return statusCode !== undefined && statusCode >= 400 && statusCode < 500
    ? 'INVALID_REQUEST'
    : 'INTERNAL_ERROR'
}
