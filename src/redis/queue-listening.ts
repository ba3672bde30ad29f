import { allPartitions } from '../pipeline/partition.ts'
import type { PausedBy } from '../queue/model.ts'
import type { Listening } from '../queue/ports.ts'
import {
  inventoryKey,
  listeningKey,
  lobbyKey,
  overKey,
  partitionOfKey,
  passPrefix,
  queueKey,
  queueMetaKey,
  saturatedKey,
  seenKey,
} from './keys.ts'
import type { RedisPool } from './redis-pool.ts'

/** A process that has not said for so long that it listens, or that it is saturated, does not. */
const BEAT_TTL_MS = 3000
const USERS_PER_CALL = 500

type TickReply = [
  epoch: Buffer,
  served: Buffer,
  total: number,
  rate: Buffer,
  pausedBy: Buffer,
  saleOver: number,
  drawn: Buffer,
  overFrom: number,
  over: Buffer,
  passes: Buffer[],
]

/** What streams read and write: one script for each event and tick. */
export function makeListening(redis: RedisPool): Listening {
  return {
    async tick(eventId, front) {
      const reply = (await redis.scriptBuffers(
        'queue_tick',
        {
          meta: queueMetaKey(eventId),
          queue: queueKey(eventId),
          over: overKey(eventId),
          inventory: inventoryKey(eventId),
          lobby: lobbyKey(eventId),
        },
        { pass_prefix: passPrefix(eventId) },
        front,
      )) as TickReply | null
      if (!reply) return null
      const [epoch, served, total, rate, pausedBy, saleOver, drawn, overFrom, over, passes] = reply
      return {
        epochMs: Number(epoch.toString()),
        served: Number(served.toString()),
        total,
        releaseRatePerSecond: Number(rate.toString()),
        pausedBy: pausedBy.length === 0 ? null : (pausedBy.toString() as PausedBy),
        saleOver: saleOver === 1,
        drawn: drawn.toString() === '1',
        overFrom,
        overBits: over,
        passes: passes.map((id) => (id.length === 0 ? null : id.toString())),
      }
    },

    async heard(eventId, userIds) {
      for (let i = 0; i < userIds.length; i += USERS_PER_CALL) {
        await redis.script('queue_seen', { seen: seenKey(eventId) }, {}, userIds.slice(i, i + USERS_PER_CALL))
      }
    },

    async beat(saturated) {
      const keys = allPartitions.flatMap((partition) => [
        listeningKey(partition),
        ...(saturated ? [saturatedKey(partition)] : []),
      ])
      await redis.gatherReachable(keys, partitionOfKey, (pipeline, key) =>
        pipeline.set(key, '1', 'PX', BEAT_TTL_MS),
      )
    },
  }
}
