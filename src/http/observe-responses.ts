import { traceIdOf } from '../pipeline/trace-context.ts'
import type { Api } from './api.ts'
import type { OnResponse } from './deps.ts'
import type { Remarkable, RequestLog } from './request-log.ts'

const SLOW_SECONDS = 1

/**
 * Tells `onResponse` of every answer, by its route's template, and has the slow (over a second) and failed (5xx) ones logged and
 * counted. Call it before the routes are registered.
 */
export function observeResponses(
  app: Api,
  requestLog: RequestLog,
  onResponse: OnResponse | undefined,
  onRemarkable: ((why: Remarkable, isTraced: boolean) => void) | undefined,
): void {
  app.decorateRequest('fault', null)
  app.decorateRequest('isLogged', false)

  app.addHook('onResponse', function observeResponse(request, reply, done) {
    // A stream lasts as long as its reader wants.
    if (request.routeOptions.config.work === 'stream' && reply.statusCode === 200) return done()
    const seconds = reply.elapsedTime / 1000
    const { statusCode } = reply
    const { trace } = request
    if (onResponse !== undefined) {
      const route = request.is404 ? 'unmatched' : (request.routeOptions.url ?? 'unmatched')
      onResponse(route, request.method, statusCode, seconds, trace === null ? null : traceIdOf(trace.context))
    }
    const why = statusCode >= 500 ? 'failed' : seconds > SLOW_SECONDS ? 'slow' : null
    if (why !== null) {
      onRemarkable?.(why, trace !== null)
      requestLog.remark(request, why, statusCode, seconds)
    }
    done()
  })
}
