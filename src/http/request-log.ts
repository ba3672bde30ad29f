import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import { traceIdFor } from './trace-requests.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** What was thrown; null: nothing was. */
    fault: unknown
    /** A request gets one line, whoever writes it. */
    isLogged: boolean
  }
}

export type Remarkable = 'slow' | 'failed'

export interface RequestLog {
  /** Writes the one line of a request that was slow or failed. @param seconds since it came */
  remark(request: FastifyRequest, why: Remarkable, statusCode: number, seconds: number): void
}

/** A store that is away fails thousands of requests a second; the log needs to know that, not each of them. */
const MAX_LINES_PER_SECOND = 100

/**
 * One line for each slow or failed request, none for the rest, with the trace id that its answer carries when it failed. Lines beyond a
 * hundred a second are counted and left out; the next line says how many.
 */
export function makeRequestLog(log: FastifyBaseLogger, onSuppressed: () => void): RequestLog {
  let second = 0
  let lines = 0
  let leftOut = 0

  function mayWrite(): boolean {
    const now = Math.floor(performance.now() / 1000)
    if (now !== second) {
      second = now
      lines = 0
    }
    if (++lines <= MAX_LINES_PER_SECOND) return true
    leftOut++
    onSuppressed()
    return false
  }

  return {
    remark(request, why, statusCode, seconds) {
      if (request.isLogged) return
      request.isLogged = true
      if (!mayWrite()) return
      const line = {
        method: request.method,
        route: request.is404 ? 'unmatched' : (request.routeOptions.url ?? 'unmatched'),
        statusCode,
        seconds,
        trace_id: traceIdFor(request),
        span_id: request.traceContext?.slice(36, 52),
        ...(request.fault !== null && reasonOf(request.fault, statusCode)),
        ...(leftOut > 0 && { leftOut }),
      }
      leftOut = 0
      // Only a defect needs somebody.
      if (statusCode === 500) log.error(line, 'request failed')
      else log.warn(line, why === 'failed' ? 'request failed' : 'slow request')
    },
  }
}

/** A defect needs its stack; what is away needs its name. */
function reasonOf(fault: unknown, statusCode: number): object {
  return statusCode === 500 || !(fault instanceof Error) ? { err: fault } : { why: fault.message }
}
