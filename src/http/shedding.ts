/**
 * Refuses early what would not be served in time: before the token is checked and the body read. Every route gets the hook that
 * its kind of work asks for, once, when it is registered.
 */
import type { Socket } from 'node:net'
import type { FastifyReply, onRequestHookHandler, preHandlerHookHandler } from 'fastify'
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

/** Why a request is refused: the process has too much, or its connection. */
export type Shed = Overload | 'pipeline'

const reasons: Readonly<Record<Shed, string>> = {
  event_loop: 'the service has more to do than it can; try again',
  in_flight: 'too many requests are under way; try again',
  backlog: 'too many reservations are waiting to be written',
  pipeline: 'too many requests wait on this connection',
}

/** Call it before the routes are registered. */
export function shedLoad(app: Api, load: LoadMonitor, onShed: (reason: Shed) => void): void {
  function shedding(work: Work): onRequestHookHandler {
    return function shed(_request, reply, done) {
      const reason = load.refuses(work) ?? (isPipelined(reply) && tooManyWaitOn(reply) ? 'pipeline' : null)
      if (reason === null) done()
      else {
        onShed(reason)
        // Whole seconds, so that those who are refused together do not come back together.
        refuseForNow(reply, 'OVERLOADED', reasons[reason], 1 + Math.floor(Math.random() * 3))
      }
    }
  }

  const left = () => load.left()

  /**
   * Once the body is there: who sends it slowly takes a connection and none of our work. Not those that wait on their connection
   * either: they may wait for a reader that never reads.
   */
  const count: preHandlerHookHandler = function countUnderWay(_request, reply, done) {
    const { raw } = reply
    if (!isPipelined(reply) && !raw.destroyed) {
      load.entered()
      // Comes once, with the last byte or when the caller hangs up.
      raw.on('close', left)
    }
    done()
  }

  const sheds = { new: shedding('new'), reserve: shedding('reserve'), ending: shedding('ending') }
  app.addHook('onRoute', (route) => {
    const work = route.config?.work ?? 'new'
    if (work === 'probe') return
    route.onRequest = [sheds[work === 'stream' ? 'new' : work], ...listOf(route.onRequest)]
    if (work !== 'stream') route.preHandler = [count, ...listOf(route.preHandler)]
  })
}

function listOf<Hook>(hooks: Hook | Hook[] | undefined): Hook[] {
  if (hooks === undefined) return []
  return Array.isArray(hooks) ? hooks : [hooks]
}

/** A response gets its socket when those before it on the connection are done. */
function isPipelined(reply: FastifyReply): boolean {
  return reply.raw.socket === null
}

const waiting = new WeakMap<Socket, number>()

/** Counts a request that waits behind another on its connection, until it is answered or the connection is gone. */
function tooManyWaitOn(reply: FastifyReply): boolean {
  const { socket } = reply.request
  const before = waiting.get(socket) ?? 0
  if (before >= MAX_PIPELINED) return true
  waiting.set(socket, before + 1)
  reply.raw.once('close', () => waiting.set(socket, (waiting.get(socket) ?? 1) - 1))
  return false
}
