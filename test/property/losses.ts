import type { Redis } from 'ioredis'
import type { TestService } from '../support/service.ts'
import type { Model } from './model.ts'
import type { Random } from './random.ts'

type Snapshot = Map<string, { dump: Buffer; expiresAtMs: number }>

/** Ways in which a Redis forgets. Each takes the scripts with it, as a restart and a promotion do. */
export function makeLosses(service: TestService, random: Random, model: Model, clock: () => number) {
  const { redis } = service.stores
  let snapshot: Snapshot = new Map()

  async function forget(): Promise<void> {
    model.storeIsSound(false)
    await redis.run(async (connection) => {
      await endRebuilds(connection)
      await connection.script('FLUSH', 'SYNC')
    })
  }

  const ways = {
    /** Restarted, and kept everything. */
    restart: async () => {},
    /** Came back empty. */
    empty: async () => void (await redis.run((connection) => connection.flushall())),
    /** A replica that was behind was promoted. */
    stale: async () => void (await redis.run((connection) => restore(connection, snapshot))),
  }

  return {
    async remember(): Promise<void> {
      if (model.sound()) snapshot = await redis.run(dumpAll)
    },
    async lose(): Promise<string> {
      const way = random.pick(['restart', 'empty', 'stale'] as const)
      await forget()
      await ways[way]()
      await service.setClock(clock())
      return way
    },
  }
}

/** A session over a lost connection cannot go on; here the server stays, so its connection is closed for it. */
async function endRebuilds(connection: Redis): Promise<void> {
  for (const line of ((await connection.client('LIST')) as string).split('\n')) {
    if (!line.includes('name=floodgate-rebuild')) continue
    const id = /\bid=(\d+)/.exec(line)?.[1]
    if (id) await connection.client('KILL', 'ID', id)
  }
}

async function dumpAll(connection: Redis): Promise<Snapshot> {
  const all: Snapshot = new Map()
  for (const key of await connection.keys('*')) {
    const dump = await connection.dumpBuffer(key)
    const expiresAtMs = await connection.pexpiretime(key)
    if (dump) all.set(key, { dump, expiresAtMs })
  }
  return all
}

async function restore(connection: Redis, snapshot: Snapshot): Promise<void> {
  await connection.flushall()
  for (const [key, { dump, expiresAtMs }] of snapshot) {
    if (expiresAtMs > 0) await connection.restore(key, expiresAtMs, dump, 'REPLACE', 'ABSTTL')
    else await connection.restore(key, 0, dump, 'REPLACE')
  }
}
