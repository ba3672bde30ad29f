/**
 * The API's server: limits, errors and routes put together. It is built here and listens elsewhere. Every answer
 * that is not what was asked for has one shape, `{statusCode, code, error, message}`, down to bytes on the socket
 * that are not HTTP.
 */
import Fastify, { type FastifyInstance } from 'fastify'
import type { Api } from './api.ts'
import { closeStragglers } from './close-stragglers.ts'
import type { HttpDeps } from './deps.ts'
import { makeFaultHandler } from './faults.ts'
import { limitHandlers } from './handler-deadline.ts'
import { parseJsonOrNothing } from './json-body.ts'
import { serverLimits } from './limits.ts'
import { observeResponses } from './observe-responses.ts'
import { serveOpenApi } from './openapi.ts'
import { servePage } from './page.ts'
import { refuse } from './refuse.ts'
import { makeRequestLog } from './request-log.ts'
import { adminRoutes } from './routes/admin.ts'
import { bookingRoutes } from './routes/bookings.ts'
import { eventRoutes } from './routes/events.ts'
import { healthRoutes } from './routes/health.ts'
import { manageEventRoutes } from './routes/manage-events.ts'
import { paymentWebhookRoute } from './routes/payment-webhook.ts'
import { paymentRoutes } from './routes/payments.ts'
import { queueRoutes } from './routes/queue.ts'
import { queueAdminRoutes } from './routes/queue-admin.ts'
import { queueStreamRoute } from './routes/queue-stream.ts'
import { reserveRoute } from './routes/reserve.ts'
import { shedLoad } from './shedding.ts'
import { answerSocketError } from './socket-errors.ts'
import { traceRequests } from './trace-requests.ts'
import { compileValidator } from './validator.ts'
import { watchRequests } from './watch-requests.ts'

export function buildServer(deps: HttpDeps): FastifyInstance {
  const limits = { ...serverLimits, ...deps.limits }
  const requestLog = makeRequestLog(deps.log, deps.onLineSuppressed ?? (() => {}))
  const answerFault = makeFaultHandler(requestLog)
  const app = Fastify({
    http: {
      maxHeaderSize: limits.maxHeaderBytes,
      headersTimeout: limits.headersTimeoutMs,
      connectionsCheckingInterval: limits.connectionsCheckMs,
    },
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionTimeout: limits.stalledTimeoutMs,
    bodyLimit: limits.maxBodyBytes,
    // A draining server finishes what it was sent on a kept connection, and then closes that.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 256 },
    frameworkErrors: answerFault,
    clientErrorHandler: answerSocketError,
    // Without a logger Fastify makes no child logger for each request; errors are logged by the fault handler.
    ...(deps.settings.REQUEST_LOG ? { loggerInstance: deps.log } : {}),
  }) as unknown as Api

  app.server.maxConnections = limits.maxConnections
  app.setValidatorCompiler(compileValidator)
  app.setErrorHandler(answerFault)
  app.setNotFoundHandler((_request, reply) => refuse(reply, 'NOT_FOUND', 'there is no such route'))
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, parseJsonOrNothing(app))
  app.decorateRequest('identity', null)

  traceRequests(app, deps.tracing)
  app.addHook('onRequest', function closeWhenDraining(_request, reply, done) {
    if (deps.isDraining()) reply.header('Connection', 'close')
    done()
  })
  limitHandlers(app, limits.handlerTimeoutMs)
  closeStragglers(app, limits)
  observeResponses(app, requestLog, deps.onResponse, deps.onRemarkable)
  shedLoad(app, deps.load, deps.onShed ?? (() => {}))

  watchRequests(app, deps.watchRoute)
  serveOpenApi(app)
  app.register(async (root) => healthRoutes(root as Api, deps))
  app.register(async (root) => servePage(root as Api, deps))
  app.register(
    async (instance) => {
      const api = instance as Api
      reserveRoute(api, deps)
      bookingRoutes(api, deps)
      eventRoutes(api, deps)
      manageEventRoutes(api, deps)
      paymentRoutes(api, deps)
      paymentWebhookRoute(api, deps)
      adminRoutes(api, deps)
      queueRoutes(api, deps)
      queueStreamRoute(api, deps)
      queueAdminRoutes(api, deps)
    },
    { prefix: '/api/v1' },
  )
  return app as unknown as FastifyInstance
}
