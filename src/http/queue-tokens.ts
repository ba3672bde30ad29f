import { hkdfSync } from 'node:crypto'
import { createSigner, createVerifier, TokenError } from 'fast-jwt'
import type { ProvedPass } from '../booking/reserve.ts'
import type { Pass, Place } from '../queue/model.ts'

/** A join token as it was read. `expired` is as good as none: the place is lost. */
export type ReadPlace = { kind: 'place'; place: Place } | { kind: 'expired' } | { kind: 'invalid' }

/**
 * Signs and reads what the queue hands out: passes, which let in once, and join tokens, which restore a place. Each has an audience
 * and a key of its own, so that neither is taken for the other or for an access token.
 */
export interface QueueTokens {
  signPass(eventId: string, userId: string, pass: Pass): string
  /** @param token null when none was sent */
  provePass(token: string | null, eventId: string, userId: string): ProvedPass
  /** @returns the token and when it ends, epoch milliseconds */
  signPlace(eventId: string, userId: string, place: Place): { token: string; expiresAtMs: number }
  readPlace(token: string, eventId: string, userId: string): ReadPlace
}

const PASS_AUDIENCE = 'floodgate-queue-pass'
const PLACE_AUDIENCE = 'floodgate-queue-place'

interface PassClaims {
  sub: string
  event: string
  pass: string
}

interface PlaceClaims {
  sub: string
  event: string
  seq: number
  joined: number
}

export function makeQueueTokens(secret: string, tokenTtlSeconds: number): QueueTokens {
  const passKey = keyFor(secret, PASS_AUDIENCE)
  const placeKey = keyFor(secret, PLACE_AUDIENCE)
  const sign = createSigner({ key: passKey, algorithm: 'HS256', aud: PASS_AUDIENCE, noTimestamp: true })
  const verifyPass = createVerifier({
    key: passKey,
    algorithms: ['HS256'],
    allowedAud: PASS_AUDIENCE,
    requiredClaims: ['exp', 'aud', 'sub', 'event', 'pass'],
  })
  const signPlace = createSigner({
    key: placeKey,
    algorithm: 'HS256',
    aud: PLACE_AUDIENCE,
    noTimestamp: true,
  })
  const verifyPlace = createVerifier({
    key: placeKey,
    algorithms: ['HS256'],
    allowedAud: PLACE_AUDIENCE,
    requiredClaims: ['exp', 'aud', 'sub', 'event', 'seq', 'joined'],
  })

  return {
    signPass: (eventId, userId, { id, expiresAtMs }) =>
      sign({ sub: userId, event: eventId, pass: id, exp: Math.floor(expiresAtMs / 1000) }),

    provePass(token, eventId, userId) {
      if (token === null) return { kind: 'none' }
      const read = verified<PassClaims>(verifyPass, token)
      if (read === 'expired') return { kind: 'expired' }
      if (read === 'invalid') return { kind: 'forged' }
      if (read.sub !== userId || read.event !== eventId) return { kind: 'mismatch' }
      return { kind: 'valid', id: read.pass }
    },

    signPlace(eventId, userId, { seq, joinedAtMs }) {
      const exp = Math.floor(Date.now() / 1000) + tokenTtlSeconds
      return {
        token: signPlace({ sub: userId, event: eventId, seq, joined: joinedAtMs, exp }),
        expiresAtMs: exp * 1000,
      }
    },

    readPlace(token, eventId, userId) {
      const read = verified<PlaceClaims>(verifyPlace, token)
      if (read === 'expired') return { kind: 'expired' }
      if (read === 'invalid' || read.sub !== userId || read.event !== eventId) return { kind: 'invalid' }
      return { kind: 'place', place: { seq: read.seq, joinedAtMs: read.joined } }
    },
  }
}

/** One secret is set; what is signed with it for one purpose proves nothing for another. */
function keyFor(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', purpose, 32))
}

function verified<Claims>(verify: (token: string) => unknown, token: string): Claims | 'expired' | 'invalid' {
  try {
    return verify(token) as Claims
  } catch (error) {
    if (!(error instanceof TokenError)) throw error
    return error.code === TokenError.codes.expired ? 'expired' : 'invalid'
  }
}
