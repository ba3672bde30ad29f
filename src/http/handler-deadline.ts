import type { ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'
import type { Api } from './api.ts'
import { refuse } from './refuse.ts'

/**
 * Answers 504 when a handler takes longer than `deadlineMs`; it is noticed at most a twentieth later. Fastify's own
 * `handlerTimeout` makes a timer, an AbortController and, at the end of every request, an exception of its abort:
 * that was a fifth of a reservation. Here the requests that are under way stand in one map, oldest first, and one
 * timer looks at its head. The handler is not stopped: what it does has deadlines of its own. Streams that were
 * hijacked are left alone.
 */
export function limitHandlers(app: Api, deadlineMs: number): void {
  const underWay = new Map<ServerResponse, FastifyReply>()

  function answerOverdue(): void {
    for (const [raw, reply] of underWay) {
      if (reply.elapsedTime < deadlineMs) return
      underWay.delete(raw)
      if (reply.sent || reply.raw.headersSent) continue
      refuse(reply, 'TIMEOUT', 'the request took too long; it may still be carried out')
    }
  }

  const timer = setInterval(answerOverdue, Math.ceil(deadlineMs / 20)).unref()
  app.addHook('onClose', async () => clearInterval(timer))
  /** With the last byte, or when the caller hangs up: then there is no `onResponse`. */
  function leave(this: ServerResponse): void {
    underWay.delete(this)
  }

  app.addHook('onRequest', function enter(_request, reply, done) {
    underWay.set(reply.raw, reply)
    reply.raw.on('close', leave)
    done()
  })
}
