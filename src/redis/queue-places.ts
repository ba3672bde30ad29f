import { Unavailable } from '../pipeline/unavailable.ts'
import { type PausedBy, passOf, type Standing } from '../queue/model.ts'
import type { JoinReply, Places, PositionReply } from '../queue/ports.ts'
import {
  gonePrefix,
  inventoryKey,
  lobbyKey,
  overKey,
  passesKey,
  passPrefix,
  queueKey,
  queueMetaKey,
  seenKey,
} from './keys.ts'
import type { RedisPool } from './redis-pool.ts'

type StandingReply = [
  seq: number,
  joinedMs: string,
  position: number,
  total: number,
  rate: string,
  pausedBy: PausedBy | '',
]

type Joined =
  | ['joined', ...StandingReply]
  | ['ready', passId: string]
  | ['lobby', opensMs: string, total: number]
  | ['full' | 'not_open' | 'score_needed' | 'not_configured' | 'not_loaded']

type Positioned =
  | ['waiting', ...StandingReply]
  | ['ready', passId: string]
  | ['lobby', opensMs: string, total: number]
  | ['gone', reason: 'passed_over']
  | ['none']

/** The places of a queue in Redis. */
export function makePlaces(redis: RedisPool): Places {
  return {
    async join(eventId, userId, claim, drawScore) {
      const reply = await redis.script('queue_join', keysOf(eventId, userId), {
        user_id: userId,
        token_seq: claim?.seq ?? 0,
        token_joined_ms: claim?.joinedAtMs ?? 0,
        draw_score: drawScore ?? '',
      })
      return joinReply(reply as Joined, eventId)
    },

    async position(eventId, userId) {
      const reply = await redis.script('queue_position', keysOf(eventId, userId), { user_id: userId })
      return positionReply(reply as Positioned)
    },

    async leave(eventId, userId) {
      const reply = await redis.script(
        'queue_leave',
        {
          queue: queueKey(eventId),
          seen: seenKey(eventId),
          over: overKey(eventId),
          pass: passPrefix(eventId) + userId,
          passes: passesKey(eventId),
          lobby: lobbyKey(eventId),
        },
        { user_id: userId },
      )
      return reply === 1
    },
  }
}

function keysOf(eventId: string, userId: string) {
  return {
    meta: queueMetaKey(eventId),
    queue: queueKey(eventId),
    seen: seenKey(eventId),
    over: overKey(eventId),
    pass: passPrefix(eventId) + userId,
    inventory: inventoryKey(eventId),
    lobby: lobbyKey(eventId),
    gone: gonePrefix(eventId) + userId,
  }
}

function joinReply(reply: Joined, eventId: string): JoinReply {
  switch (reply[0]) {
    case 'joined': {
      const [, ...standing] = reply
      return { kind: 'waiting', standing: standingOf(standing) }
    }
    case 'ready':
      return { kind: 'ready', pass: passOf(reply[1]) }
    case 'lobby':
      return { kind: 'pre_queue', opensAtMs: Number(reply[1]), total: reply[2] }
    case 'not_loaded':
      throw new Unavailable(`inventory of event ${eventId} (not loaded)`)
    case 'full':
    case 'not_open':
    case 'score_needed':
    case 'not_configured':
      return { kind: reply[0] }
    default:
      return reply satisfies never
  }
}

function positionReply(reply: Positioned): PositionReply {
  switch (reply[0]) {
    case 'waiting': {
      const [, ...standing] = reply
      return { kind: 'waiting', standing: standingOf(standing) }
    }
    case 'ready':
      return { kind: 'ready', pass: passOf(reply[1]) }
    case 'lobby':
      return { kind: 'pre_queue', opensAtMs: Number(reply[1]), total: reply[2] }
    case 'gone':
      return { kind: 'gone', reason: reply[1] }
    case 'none':
      return { kind: 'not_in_queue' }
    default:
      return reply satisfies never
  }
}

function standingOf([seq, joinedMs, position, total, rate, pausedBy]: StandingReply): Standing {
  return {
    seq,
    joinedAtMs: Number(joinedMs),
    position,
    total,
    releaseRatePerSecond: Number(rate),
    pausedBy: pausedBy === '' ? null : pausedBy,
  }
}
