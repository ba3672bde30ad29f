import type { ChainableCommander, Redis } from 'ioredis'
import { partitionOfBooking, partitionOfEvent } from '../pipeline/partition.ts'
import type { EventStock, RebuildSession } from '../pipeline/rebuild-ports.ts'
import { replayValue } from './admissions.ts'
import type { RedisConnectionSettings } from './connection.ts'
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
import { openRebuildWriter, type RebuiltServer } from './rebuild-writer.ts'
import type { Scripts } from './scripts.ts'
import { sendTogether } from './send-together.ts'
import { nextId, readEntries } from './write-ahead-stream.ts'

const KEYS_PER_STEP = 500

/** @throws Unavailable. @param idempotencyTtlSeconds how long after its creation a reservation's key lives */
export async function openRebuildSession(
  settings: Omit<RedisConnectionSettings, 'url'>,
  rebuilt: readonly RebuiltServer[],
  scripts: Scripts,
  idempotencyTtlSeconds: number,
): Promise<RebuildSession> {
  const writer = await openRebuildWriter(settings, rebuilt)
  const { servers, write, connectionOf } = writer

  /** A write for each partition that some of the items are of. */
  async function writeEach<Item>(
    items: readonly Item[],
    partitionOf: (item: Item) => number,
    fill: (transaction: ChainableCommander, theirs: Item[], partition: number) => void,
  ): Promise<void> {
    for (const [partition, theirs] of Map.groupBy(items, partitionOf)) {
      await write(partition, (transaction) => fill(transaction, theirs, partition))
    }
  }

  return {
    partitions: servers.flatMap(({ partitions }) => partitions),

    async close() {
      await writer.claim()
      for (const { redis } of servers) await redis.script('FLUSH', 'SYNC')
    },

    async waiting() {
      const waiting: number[] = []
      for (const { redis, partitions } of servers) {
        const lengths = await sendTogether(redis, (pipeline) => {
          for (const partition of partitions) pipeline.xlen(streamKey(partition))
        })
        waiting.push(...partitions.filter((_, i) => lengths[i] !== 0))
      }
      return waiting
    },

    entries: (partition, afterId, limit) => readEntries(connectionOf(partition), partition, afterId, limit),

    async clear(partition, eventIds) {
      const redis = connectionOf(partition)
      for (;;) {
        const bookingIds = await redis.zrange(dueKey(partition), '0', String(KEYS_PER_STEP - 1))
        if (bookingIds.length === 0) break
        const users = await sendTogether(redis, (pipeline) => {
          for (const bookingId of bookingIds) pipeline.hget(holdPrefix(partition) + bookingId, 'u')
        })
        await write(partition, (pipeline) => {
          for (const [i, bookingId] of bookingIds.entries()) {
            pipeline.unlink(holdPrefix(partition) + bookingId)
            if (typeof users[i] === 'string') pipeline.unlink(holdsOfUserKey(partition, users[i]))
          }
          pipeline.zrem(dueKey(partition), ...bookingIds)
        })
      }
      await write(partition, (pipeline) => {
        for (const eventId of eventIds) pipeline.unlink(inventoryKey(eventId), takenKey(eventId))
      })
    },

    writeStock: (stock) =>
      writeEach(
        stock,
        ({ partition }) => partition,
        (pipeline, theirs) => {
          for (const one of theirs) pipeline.hset(inventoryKey(one.event.id), stockFields(one))
        },
      ),

    writeTaken: (rows) =>
      writeEach(
        rows,
        ({ eventId }) => partitionOfEvent(eventId),
        (pipeline, theirs) => {
          for (const [eventId, ofEvent] of Map.groupBy(theirs, (row) => row.eventId)) {
            pipeline.hset(
              takenKey(eventId),
              ofEvent.flatMap(({ userId, seats }) => [userId, seats]),
            )
          }
        },
      ),

    writeHolds: (holds) =>
      writeEach(
        holds,
        ({ bookingId }) => partitionOfBooking(bookingId),
        (pipeline, theirs, partition) => {
          for (const hold of theirs) {
            pipeline.hset(holdKey(hold.bookingId), fieldsOfHold(hold))
            pipeline.sadd(holdsOfUserKey(partition, hold.userId), hold.bookingId)
          }
          pipeline.zadd(
            dueKey(partition),
            ...theirs.flatMap(({ expiresAtMs, bookingId }) => [expiresAtMs, bookingId]),
          )
        },
      ),

    writeKeys: (holds) =>
      writeEach(
        holds,
        ({ eventId }) => partitionOfEvent(eventId),
        (pipeline, theirs) => {
          for (const hold of theirs) {
            const key = idempotencyKey(hold.eventId, hold.userId, hold.idempotencyHash ?? '')
            pipeline.set(key, replayValue(hold), 'PXAT', hold.createdAtMs + idempotencyTtlSeconds * 1000)
          }
        },
      ),

    async continueStream(partition, cursor) {
      if (cursor === '0-0') return
      const key = streamKey(partition)
      const isBehind = (await lastIdOf(connectionOf(partition), key)) < idOf(cursor)
      await write(partition, (pipeline) => {
        if (isBehind) pipeline.xadd(key, cursor, 'cursor', '1')
        // What the cursor has passed is in PostgreSQL; left here it would count as a backlog that nobody works off.
        pipeline.xtrim(key, 'MINID', '=', nextId(cursor))
      })
    },

    async open(generations) {
      for (const server of servers) {
        for (const partition of server.partitions) {
          await write(partition, (pipeline) => {
            pipeline.set(generationKey(partition), generations.get(partition) ?? 0)
            pipeline.set(serverKey(partition), server.mark)
          })
        }
        await writer.writeServer(server, (pipeline) => {
          for (const { source } of Object.values(scripts)) pipeline.script('LOAD', source)
        })
      }
    },

    end: writer.end,
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
