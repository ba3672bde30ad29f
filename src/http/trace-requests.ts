/** One span for each request that is traced: from its first byte to the last of its answer. Requests that are not get nothing. */
import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import {
  isSampled,
  type TraceContext,
  traceContextOf,
  traceHeadersOf,
  traceIdOf,
  withoutSampling,
} from '../pipeline/trace-context.ts'
import type { Api } from './api.ts'

/** A request that is traced. */
export interface RequestTrace {
  /** Of its own span: for whoever continues the trace. */
  readonly context: TraceContext
  /** Runs the rest of the request inside of the span. */
  run(rest: () => void): void
  /** @param statusCode null: the caller left before an answer. @param userId null: nobody, or not known */
  end(statusCode: number | null, userId: string | null): void
}

/** What is known of a request when it is decided whether it is traced. */
export interface IncomingRequest {
  method: string
  /** The route's template; null: there is no such route. */
  route: string | null
  path: string
  headers: IncomingHttpHeaders
  parent: TraceContext | null
}

export interface RequestTracing {
  /** Asked once for each request, before anything is made for it. */
  chooses(parent: TraceContext | null): boolean
  begin(request: IncomingRequest): RequestTrace
}

declare module 'fastify' {
  interface FastifyRequest {
    /** null: not traced. */
    trace: RequestTrace | null
    /** For the stores and other services: of the request's own span, or what the caller sent. */
    traceContext: TraceContext | null
  }
}

/** Call it before the routes and every other hook are registered: what comes before is not in the span. */
export function traceRequests(app: Api, tracing: RequestTracing | null): void {
  app.decorateRequest('trace', null)
  app.decorateRequest('traceContext', null)

  app.addHook('onRequest', function beginTrace(request, reply, done) {
    const { headers } = request
    const parent =
      headers['traceparent'] === undefined
        ? null
        : traceContextOf(headers['traceparent'], headers['tracestate'])
    request.traceContext = parent
    if (tracing?.chooses(parent)) enter(tracing.begin(incomingRequest(request, parent)), request, reply)
    // What is not traced here is traced nowhere behind, whatever the caller asked for.
    else if (tracing !== null && isSampled(parent)) request.traceContext = withoutSampling(parent)
    done()
  })

  if (tracing === null) return
  // Once the body is there: what runs after it came belongs to the socket, not to the hook above.
  app.addHook('preHandler', function continueTrace(request, _reply, done) {
    if (request.trace === null) done()
    else request.trace.run(done)
  })
}

function incomingRequest(request: FastifyRequest, parent: TraceContext | null): IncomingRequest {
  const { method, headers, url } = request
  const query = url.indexOf('?')
  return {
    method,
    route: request.is404 ? null : (request.routeOptions.url ?? null),
    path: query === -1 ? url : url.slice(0, query),
    headers,
    parent,
  }
}

function enter(trace: RequestTrace, request: FastifyRequest, reply: FastifyReply): void {
  request.trace = trace
  request.traceContext = trace.context
  const { traceparent } = traceHeadersOf(trace.context)
  reply.header('traceparent', traceparent)
  reply.header('x-trace-id', traceIdOf(trace.context))
  // Comes once, also when the caller hangs up.
  const { raw } = reply
  raw.once('close', () =>
    trace.end(raw.headersSent ? raw.statusCode : null, request.identity?.userId ?? null),
  )
}

/** An id to find a request by that turned out to be worth a word: its trace's, or one of its own that nothing was recorded under. */
export function traceIdFor(request: FastifyRequest): string {
  request.traceContext ??= `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-00`
  return traceIdOf(request.traceContext)
}
