/**
 * Limits how often one person, or one sender of false signatures, may ask. The answers say what is left in the header fields
 * RateLimit-Limit, -Remaining and -Reset (draft-ietf-httpapi-ratelimit-headers, as most clients know them).
 */
import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
import { identityOf } from './auth.ts'
import { makeRateWindow, type RateWindow, type Taken } from './rate-window.ts'
import { refuse, refuseForNow } from './refuse.ts'

/** Some 15 MB when all of it is used. */
const MAX_KEYS = 100_000
const MISUSE_WINDOW_MS = 60_000

export type Clock = () => number

const monotonic: Clock = () => performance.now()

/**
 * Lets one person ask so often in a second. Stands after `authenticated` in a route's `onRequest`, so that who asks too often does
 * not make us parse:
 *
 *     onRequest: [authenticated(verifyToken), ...rateLimited(settings.RATE_LIMIT_JOIN_PER_SECOND, now)]
 *
 * @param perSecond 0 for no limit: no hook then
 */
export function rateLimited(perSecond: number, now: Clock = monotonic): onRequestHookHandler[] {
  if (perSecond === 0) return []
  const window = makeRateWindow({ limit: perSecond, windowMs: 1000, maxKeys: MAX_KEYS, now })
  return [
    function limitRate(request, reply, done) {
      const taken = window.take(identityOf(request).userId)
      if (taken.allowed) {
        announce(reply, taken)
        done()
      } else refuseFrequent(reply, taken)
    },
  ]
}

/** Answers a request whose signature is false. */
export type RefuseSignature = (request: FastifyRequest, reply: FastifyReply) => FastifyReply

/**
 * 401 for a false signature; 429, and the end of the connection, for the sender of too many of them. Nothing that is signed rightly is
 * ever refused for the others from its address: behind a proxy all of them may share one.
 *
 * @param perMinute 0 for no limit
 */
export function makeRefuseSignature(perMinute: number, now: Clock = monotonic): RefuseSignature {
  const window: RateWindow | null =
    perMinute === 0
      ? null
      : makeRateWindow({ limit: perMinute, windowMs: MISUSE_WINDOW_MS, maxKeys: MAX_KEYS, now })
  return (request, reply) => {
    const taken = window?.take(request.ip)
    if (taken && !taken.allowed) return refuseFrequent(reply.header('Connection', 'close'), taken)
    return refuse(reply, 'UNAUTHORIZED', 'the signature is missing or not right')
  }
}

function refuseFrequent(reply: FastifyReply, taken: Taken): FastifyReply {
  announce(reply, taken)
  return refuseForNow(reply, 'TOO_MANY_REQUESTS', 'you are asking too often; try again', taken.resetSeconds)
}

function announce(reply: FastifyReply, { limit, remaining, resetSeconds }: Taken): void {
  reply.header('RateLimit-Limit', limit)
  reply.header('RateLimit-Remaining', remaining)
  reply.header('RateLimit-Reset', resetSeconds)
}
