import { randomUUID } from 'node:crypto'
import type { ChainableCommander, Redis } from 'ioredis'
import { allPartitions, partitionOfBooking } from '../pipeline/partition.ts'
import type { EventStock, RebuildSession } from '../pipeline/rebuild-ports.ts'
import { Unavailable } from '../pipeline/unavailable.ts'
import { replayValue } from './admissions.ts'
import { connectRedis, type RedisConnectionSettings } from './connection.ts'
import { fieldsOfHold } from './hold-fields.ts'
import { saleArguments } from './inventory.ts'
import {
  dueKey,
  generationKey,
  holdKey,
  holdPrefix,
  holdsOfUserKey,
  idempotencyKey,
  inventoryKey,
  serverKey,
  streamKey,
  takenKey,
} from './keys.ts'
import { runIdOf } from './run-id.ts'
import type { Scripts } from './scripts.ts'
import { nextId, readEntries } from './write-ahead-stream.ts'

/** Names the session that may write; a later session takes it over, and whatever the earlier one still sends fails. */
const REBUILDER_KEY = 'rebuilder'
const KEYS_PER_STEP = 500

/** @param idempotencyTtlSeconds how long after its creation a reservation's key lives */
export async function openRebuildSession(
  settings: RedisConnectionSettings,
  scripts: Scripts,
  idempotencyTtlSeconds: number,
): Promise<RebuildSession> {
  const redis = await connectRedis(settings, 'floodgate-rebuild')
  redis.options.retryStrategy = null
  const token = randomUUID()

  async function send(fill: (pipeline: ChainableCommander) => void): Promise<unknown[]> {
    const pipeline = redis.pipeline()
    fill(pipeline)
    if (pipeline.length === 0) return []
    return ((await pipeline.exec()) ?? []).map(([error, reply]) => {
      if (error) throw error
      return reply
    })
  }

  /** Sends commands that change nothing once another session has taken over: by then Redis may be selling. */
  async function write(fill: (transaction: ChainableCommander) => void): Promise<void> {
    const transaction = redis.multi()
    fill(transaction)
    if (transaction.length <= 1) return
    await redis.watch(REBUILDER_KEY)
    const mine = (await redis.get(REBUILDER_KEY)) === token
    const replies = mine ? await transaction.exec() : null
    if (!replies) throw new Unavailable('redis (another session rebuilds it)')
    for (const [error] of replies) if (error) throw error
  }

  return {
    async close() {
      await redis.set(REBUILDER_KEY, token)
      await redis.script('FLUSH', 'SYNC')
    },

    async waiting() {
      const lengths = await send((pipeline) => {
        for (const partition of allPartitions) pipeline.xlen(streamKey(partition))
      })
      return allPartitions.filter((_, i) => lengths[i] !== 0)
    },

    entries: (partition, afterId, limit) => readEntries(redis, partition, afterId, limit),

    async clear(partition, eventIds) {
      for (;;) {
        const bookingIds = await redis.zrange(dueKey(partition), '0', String(KEYS_PER_STEP - 1))
        if (bookingIds.length === 0) break
        const users = await send((pipeline) => {
          for (const bookingId of bookingIds) pipeline.hget(holdPrefix(partition) + bookingId, 'u')
        })
        await write((pipeline) => {
          for (const [i, bookingId] of bookingIds.entries()) {
            pipeline.unlink(holdPrefix(partition) + bookingId)
            if (typeof users[i] === 'string') pipeline.unlink(holdsOfUserKey(partition, users[i]))
          }
          pipeline.zrem(dueKey(partition), ...bookingIds)
        })
      }
      await write((pipeline) => {
        for (const eventId of eventIds) pipeline.unlink(inventoryKey(eventId), takenKey(eventId))
      })
    },

    async writeStock(stock) {
      await write((pipeline) => {
        for (const one of stock) pipeline.hset(inventoryKey(one.event.id), stockFields(one))
      })
    },

    async writeTaken(rows) {
      await write((pipeline) => {
        for (const [eventId, theirs] of Map.groupBy(rows, (row) => row.eventId)) {
          pipeline.hset(
            takenKey(eventId),
            theirs.flatMap(({ userId, seats }) => [userId, seats]),
          )
        }
      })
    },

    async writeHolds(holds) {
      await write((pipeline) => {
        for (const hold of holds) {
          const partition = partitionOfBooking(hold.bookingId)
          pipeline.hset(holdKey(hold.bookingId), fieldsOfHold(hold))
          pipeline.sadd(holdsOfUserKey(partition, hold.userId), hold.bookingId)
        }
        for (const [partition, theirs] of Map.groupBy(holds, ({ bookingId }) =>
          partitionOfBooking(bookingId),
        )) {
          pipeline.zadd(
            dueKey(partition),
            ...theirs.flatMap(({ expiresAtMs, bookingId }) => [expiresAtMs, bookingId]),
          )
        }
      })
    },

    async writeKeys(holds) {
      await write((pipeline) => {
        for (const hold of holds) {
          const key = idempotencyKey(hold.eventId, hold.userId, hold.idempotencyHash ?? '')
          pipeline.set(key, replayValue(hold), 'PXAT', hold.createdAtMs + idempotencyTtlSeconds * 1000)
        }
      })
    },

    async continueStream(partition, cursor) {
      if (cursor === '0-0') return
      const key = streamKey(partition)
      const isBehind = (await lastIdOf(redis, key)) < idOf(cursor)
      await write((pipeline) => {
        if (isBehind) pipeline.xadd(key, cursor, 'cursor', '1')
        // What the cursor has passed is in PostgreSQL; left here it would count as a backlog that nobody works off.
        pipeline.xtrim(key, 'MINID', '=', nextId(cursor))
      })
    },

    async open(generations) {
      const runId = runIdOf(await redis.info('server'))
      await write((pipeline) => {
        for (const [partition, generation] of generations) {
          pipeline.set(generationKey(partition), generation).set(serverKey(partition), runId)
        }
        for (const { source } of Object.values(scripts)) pipeline.script('LOAD', source)
      })
    },

    end: () => redis.disconnect(),
  }
}

function stockFields({ event, zones }: EventStock): Record<string, string | number> {
  const { version, sale, opens_ms, closes_ms } = saleArguments(event)
  const fields: Record<string, string | number> = {
    version,
    sale,
    opens: opens_ms,
    closes: closes_ms,
  }
  for (const { zoneId, capacity, capacityVersion, sold, reserved } of zones) {
    fields[`a:${zoneId}`] = Math.max(0, capacity - sold - reserved)
    fields[`s:${zoneId}`] = sold
    fields[`c:${zoneId}`] = capacity
    fields[`v:${zoneId}`] = capacityVersion
  }
  return fields
}

async function lastIdOf(redis: Redis, key: string): Promise<bigint> {
  if ((await redis.exists(key)) === 0) return -1n
  const info = (await redis.xinfo('STREAM', key)) as unknown[]
  return idOf(String(info[info.indexOf('last-generated-id') + 1]))
}

/** A stream id as one number that compares as ids do. */
function idOf(id: string): bigint {
  const [ms = '0', seq = '0'] = id.split('-')
  return (BigInt(ms) << 64n) + BigInt(seq)
}
