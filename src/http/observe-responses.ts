import type { FastifyBaseLogger } from 'fastify'
import type { Api } from './api.ts'
import type { OnResponse } from './deps.ts'
import { traceparentOf } from './traceparent.ts'

const SLOW_SECONDS = 1
/** A store that is away fails thousands of requests a second; the log needs to know that, not each of them. */
const MAX_LINES_PER_SECOND = 20

/**
 * Tells `onResponse` of every answer, by its route's template, and logs the slow (over a second) and failed (5xx)
 * ones with their trace id. Call it before the routes are registered.
 */
export function observeResponses(app: Api, log: FastifyBaseLogger, onResponse: OnResponse | undefined): void {
  const mayLog = makeLineBudget()

  app.addHook('onResponse', function observeResponse(request, reply, done) {
    // A stream lasts as long as its reader wants.
    if (request.routeOptions.config.work === 'stream' && reply.statusCode === 200) return done()
    const seconds = reply.elapsedTime / 1000
    const { statusCode } = reply
    const remarkable = seconds > SLOW_SECONDS || statusCode >= 500
    if (onResponse !== undefined || remarkable) {
      const route = request.is404 ? 'unmatched' : (request.routeOptions.url ?? 'unmatched')
      onResponse?.(route, request.method, statusCode, seconds)
      if (remarkable && mayLog()) {
        const traceId = traceparentOf(request.headers.traceparent)?.slice(3, 35)
        log.warn({ method: request.method, route, statusCode, seconds, traceId }, 'slow or failed request')
      }
    }
    done()
  })
}

function makeLineBudget(): () => boolean {
  let second = 0
  let lines = 0
  return () => {
    const now = Math.floor(performance.now() / 1000)
    if (now !== second) {
      second = now
      lines = 0
    }
    return ++lines <= MAX_LINES_PER_SECOND
  }
}
