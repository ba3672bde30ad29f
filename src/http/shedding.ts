/**
 * Refuses early what would not be served in time: before the token is checked and the body read. Every route gets the hook that
 * its kind of work asks for, once, when it is registered.
 */
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyReply, onRequestHookHandler } from 'fastify'
import type { Api } from './api.ts'
import type { LoadMonitor, Overload, Work } from './load-monitor.ts'
import { refuseForNow } from './refuse.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * What the route's requests are when there is too much work: `probe` is never refused, `stream` is new work that stays without
     * being under way; without a word it is new work.
     */
    work?: Work | 'probe' | 'stream'
  }
}

/** Requests that may wait on one connection behind another; none of them is done before it. */
const MAX_PIPELINED = 16

const reasons: Readonly<Record<Overload, string>> = {
  event_loop: 'the service has more to do than it can; try again',
  in_flight: 'too many requests are under way; try again',
  backlog: 'too many reservations are waiting to be written',
}

/** Call it before the routes are registered. */
export function shedLoad(app: Api, load: LoadMonitor, onShed: (reason: Overload | 'pipeline') => void): void {
  function left(): void {
    load.left()
  }

  function hookFor(work: Work, counted: boolean): onRequestHookHandler {
    return function shed(_request, reply, done) {
      const reason = load.refuses(work)
      if (reason !== null) {
        onShed(reason)
        refuseWork(reply, reasons[reason])
        return
      }
      // A response gets its socket when those before it on the connection are done.
      if (reply.raw.socket === null) {
        if (tooManyWaitOn(reply)) {
          onShed('pipeline')
          refuseWork(reply, 'too many requests wait on this connection')
          return
        }
      } else if (counted) {
        load.entered()
        // Comes once, with the last byte or when the caller hangs up.
        reply.raw.on('close', left)
      }
      done()
    }
  }

  const hooks = {
    new: hookFor('new', true),
    reserve: hookFor('reserve', true),
    ending: hookFor('ending', true),
    stream: hookFor('new', false),
  }
  app.addHook('onRoute', (route) => {
    const work = route.config?.work ?? 'new'
    if (work === 'probe') return
    const own = route.onRequest ?? []
    route.onRequest = [hooks[work], ...(Array.isArray(own) ? own : [own])]
  })
}

/** Whole seconds, 1 to 3, so that those who are refused together do not come back together. */
function refuseWork(reply: FastifyReply, message: string): void {
  refuseForNow(reply, 'OVERLOADED', message, 1 + Math.floor(Math.random() * 3))
}

const waiting = new WeakMap<Socket, number>()

/** Counts a request that waits behind another on its connection, until it is answered or the connection is gone. */
function tooManyWaitOn(reply: FastifyReply): boolean {
  const { socket } = reply.request
  const before = waiting.get(socket) ?? 0
  if (before >= MAX_PIPELINED) return true
  waiting.set(socket, before + 1)
  const response: ServerResponse = reply.raw
  response.once('close', () => waiting.set(socket, (waiting.get(socket) ?? 1) - 1))
  return false
}
