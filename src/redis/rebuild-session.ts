import { randomUUID } from 'node:crypto'
import type { ChainableCommander, Redis } from 'ioredis'
import { partitionOfBooking, partitionOfEvent } from '../pipeline/partition.ts'
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
  rebuilderKey,
  serverKey,
  streamKey,
  takenKey,
} from './keys.ts'
import type { RedisPool } from './redis-pool.ts'
import type { Scripts } from './scripts.ts'
import { sendTogether } from './send-together.ts'
import { markOf } from './server-mark.ts'
import { nextId, readEntries } from './write-ahead-stream.ts'

const KEYS_PER_STEP = 500

/** A server that is rebuilt, with everything that it has. */
export interface RebuiltServer {
  url: string
  partitions: readonly number[]
}

/** The servers that have some of the partitions. @throws Unavailable when one of the partitions is nobody's */
export function serversOf(redis: RedisPool, partitions: readonly number[]): RebuiltServer[] {
  const nodes = redis.nodes().filter((node) => node.partitions().some((one) => partitions.includes(one)))
  const served = new Set(nodes.flatMap((node) => node.partitions()))
  const missing = partitions.find((partition) => !served.has(partition))
  if (missing !== undefined) throw new Unavailable(`redis (nobody has partition ${missing})`)
  return nodes.map((node) => ({ url: node.url, partitions: node.partitions() }))
}

/** @throws Unavailable. @param idempotencyTtlSeconds how long after its creation a reservation's key lives */
export async function openRebuildSession(
  settings: Omit<RedisConnectionSettings, 'url'>,
  servers: readonly RebuiltServer[],
  scripts: Scripts,
  idempotencyTtlSeconds: number,
): Promise<RebuildSession> {
  const opened: (RebuiltServer & { redis: Redis; mark: string })[] = []
  const end = () => {
    for (const { redis } of opened) redis.disconnect()
  }
  try {
    for (const { url, partitions } of servers) {
      const redis = await connectRedis({ ...settings, url }, 'floodgate-rebuild')
      redis.options.retryStrategy = null
      const server = { url, partitions, redis, mark: '' }
      opened.push(server)
      server.mark = markOf(await redis.info('server'), await redis.info('replication'))
    }
  } catch (error) {
    end()
    throw error
  }
  const token = randomUUID()

  function serverOf(partition: number) {
    const server = opened.find(({ partitions }) => partitions.includes(partition))
    if (!server) throw new Unavailable(`redis (partition ${partition} went to another server)`)
    return server
  }
  const connectionOf = (partition: number) => serverOf(partition).redis

  /**
   * Sends commands that change nothing once another session has taken over one of the partitions (by then Redis may be selling), or once the
   * server was demoted and promoted again (what was written before is gone). The keys that say so are watched one by one, because in a
   * cluster a command's keys share a slot; data that is replaced as a whole touches them.
   */
  async function writeWatching(
    { redis, mark }: { redis: Redis; mark: string },
    partitions: readonly number[],
    fill: (transaction: ChainableCommander) => void,
  ): Promise<void> {
    const transaction = redis.multi()
    fill(transaction)
    if (transaction.length <= 1) return
    const keys = partitions.map(rebuilderKey)
    const looks = await sendTogether(redis, (pipeline) => {
      for (const key of keys) pipeline.watch(key)
      for (const key of keys) pipeline.get(key)
      pipeline.info('server').info('replication')
    })
    const [server, replication] = looks.slice(-2)
    const isMine = looks.slice(keys.length, -2).every((holder) => holder === token)
    const isSame = markOf(String(server), String(replication)) === mark
    const replies = isMine && isSame ? await transaction.exec() : null
    if (!replies) throw new Unavailable('redis (another session rebuilds it)')
    for (const [error] of replies) if (error) throw error
  }

  const write = (partition: number, fill: (transaction: ChainableCommander) => void) =>
    writeWatching(serverOf(partition), [partition], fill)

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
      for (const { redis, partitions } of opened) {
        await sendTogether(redis, (pipeline) => {
          for (const partition of partitions) pipeline.set(rebuilderKey(partition), token)
        })
        await redis.script('FLUSH', 'SYNC')
      }
    },

    async waiting() {
      const waiting: number[] = []
      for (const { redis, partitions } of opened) {
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
      for (const server of opened) {
        for (const partition of server.partitions) {
          await write(partition, (pipeline) => {
            pipeline.set(generationKey(partition), generations.get(partition) ?? 0)
            pipeline.set(serverKey(partition), server.mark)
          })
        }
        await writeWatching(server, server.partitions, (pipeline) => {
          for (const { source } of Object.values(scripts)) pipeline.script('LOAD', source)
        })
      }
    },

    end,
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
