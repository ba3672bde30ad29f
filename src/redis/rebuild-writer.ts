import { randomUUID } from 'node:crypto'
import type { ChainableCommander, Redis } from 'ioredis'
import { Unavailable } from '../pipeline/unavailable.ts'
import { connectRedis, type RedisConnectionSettings } from './connection.ts'
import { rebuilderKey } from './keys.ts'
import type { RedisPool } from './redis-pool.ts'
import { sendTogether } from './send-together.ts'
import { markOf } from './server-mark.ts'

/** A server that is rebuilt, with everything that it has. */
export interface RebuiltServer {
  url: string
  partitions: readonly number[]
}

/** The same, over a connection that is never replaced. */
export interface OpenServer extends RebuiltServer {
  redis: Redis
  /** Of the life in which the connection was made. */
  mark: string
}

type Fill = (transaction: ChainableCommander) => void

/** Servers that one session rebuilds: another session, a restart and a promotion end its right to write. */
export interface RebuildWriter {
  servers: readonly OpenServer[]
  /** @throws Unavailable when none of them has it */
  connectionOf(partition: number): Redis
  /** Takes the right to write from whoever had it. */
  claim(): Promise<void>
  /** Changes something of one partition, or nothing. @throws Unavailable */
  write(partition: number, fill: Fill): Promise<void>
  /** Changes something of a whole server, or nothing. @throws Unavailable */
  writeServer(server: OpenServer, fill: Fill): Promise<void>
  end(): void
}

/** The servers that have some of the partitions. @throws Unavailable when one of the partitions is nobody's */
export function serversOf(redis: RedisPool, partitions: readonly number[]): RebuiltServer[] {
  const nodes = redis.nodes().filter((node) => node.partitions().some((one) => partitions.includes(one)))
  const served = new Set(nodes.flatMap((node) => node.partitions()))
  const missing = partitions.find((partition) => !served.has(partition))
  if (missing !== undefined) throw new Unavailable(`redis (nobody has partition ${missing})`)
  return nodes.map((node) => ({ url: node.url, partitions: node.partitions() }))
}

/** @throws Unavailable */
export async function openRebuildWriter(
  settings: Omit<RedisConnectionSettings, 'url'>,
  rebuilt: readonly RebuiltServer[],
): Promise<RebuildWriter> {
  const servers: OpenServer[] = []
  const end = () => {
    for (const { redis } of servers) redis.disconnect()
  }
  try {
    for (const { url, partitions } of rebuilt) {
      const redis = await connectRedis({ ...settings, url }, 'floodgate-rebuild')
      redis.options.retryStrategy = null
      const server = { url, partitions, redis, mark: '' }
      servers.push(server)
      server.mark = markOf(await redis.info('server'), await redis.info('replication'))
    }
  } catch (error) {
    end()
    throw error
  }
  const token = randomUUID()

  function serverOf(partition: number): OpenServer {
    const server = servers.find(({ partitions }) => partitions.includes(partition))
    if (!server) throw new Unavailable(`redis (partition ${partition} went to another server)`)
    return server
  }

  /**
   * The keys that name the session are watched one by one, because in a cluster a command's keys share a slot; data that is replaced as a
   * whole touches them, too.
   */
  async function writeWatching(
    { redis, mark }: OpenServer,
    partitions: readonly number[],
    fill: Fill,
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
    // By then another session may have Redis selling.
    const isMine = looks.slice(keys.length, -2).every((holder) => holder === token)
    // Demoted and promoted again: what was written before is gone.
    const isSame = markOf(String(server), String(replication)) === mark
    const replies = isMine && isSame ? await transaction.exec() : null
    if (!replies) throw new Unavailable('redis (another session rebuilds it, or it was promoted anew)')
    for (const [error] of replies) if (error) throw error
  }

  return {
    servers,
    connectionOf: (partition) => serverOf(partition).redis,
    async claim() {
      for (const { redis, partitions } of servers) {
        await sendTogether(redis, (pipeline) => {
          for (const partition of partitions) pipeline.set(rebuilderKey(partition), token)
        })
      }
    },
    write: async (partition, fill) => writeWatching(serverOf(partition), [partition], fill),
    writeServer: (server, fill) => writeWatching(server, server.partitions, fill),
    end,
  }
}
