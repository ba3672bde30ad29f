import { sendTogether } from '../../src/redis/send-together.ts'
import { rssBytes } from '../bench/process-usage.ts'
import type { Stage } from '../bench/stage.ts'

/** Of the keys with one beginning: `hold`, `idem`, `taken` … */
export interface KindOfKeys {
  keys: number
  /** As MEMORY USAGE says: the key, its entry and its value. Weighed for every hundredth where there are many. */
  bytes: number
}

/** Bytes. */
export interface RedisMemory {
  rssBytes: number
  usedBytes: number
  kinds: Record<string, KindOfKeys>
  /** The server itself before its first key, connections, scripts, the buffer of its file. */
  overheadBytes: number
  /** Tables of all keys and of those that expire. */
  tablesBytes: number
  /** What neither keys nor overhead explain. */
  unexplainedBytes: number
}

const SCAN_COUNT = 2000
/** So many of a kind are all weighed; beyond them every hundredth. */
const WEIGHED = 2000
const STEP = 100
/** Of an entry and its object on 64 bits: MEMORY STATS counts them with the tables, MEMORY USAGE with each key. */
const ENTRY_BYTES = 40
/** What jemalloc gives for an entry of 24 bytes beyond these: neither of the two counts it. A key that expires has two entries. */
const ROUNDED_BYTES = 8

export async function redisMemory({ tools, pids }: Stage): Promise<RedisMemory> {
  const kinds = await weighKinds(tools.redis)
  const { stats, info } = await tools.redis.run(async (redis) => ({
    stats: numbersOf((await redis.call('MEMORY', 'STATS')) as unknown[]),
    info: await redis.info(),
  }))
  const infoOf = (name: RegExp) => Number(name.exec(info)?.[1] ?? 0)
  const used = infoOf(/^used_memory:(\d+)/m)
  const rounded = info.includes('mem_allocator:jemalloc') ? ROUNDED_BYTES : 0
  const total = (value: (kind: KindOfKeys) => number) =>
    Object.values(kinds).reduce((sum, kind) => sum + value(kind), 0)
  const of = (...names: string[]) => names.reduce((sum, name) => sum + (stats.get(name) ?? 0), 0)
  const overheadBytes = of(
    'startup.allocated',
    'replication.backlog',
    'clients.slaves',
    'clients.normal',
    'aof.buffer',
    'lua.caches',
    'functions.caches',
  )
  const keys = total((kind) => kind.keys)
  const entries = keys + infoOf(/^db0:.*expires=(\d+)/m)
  const tables = of('overhead.hashtable.main', 'overhead.hashtable.expires')
  const tablesBytes = Math.max(0, tables - ENTRY_BYTES * keys + rounded * entries)
  return {
    rssBytes: rssBytes(pids.redis ?? 0),
    usedBytes: used,
    kinds,
    overheadBytes,
    tablesBytes,
    unexplainedBytes: used - total(({ bytes }) => bytes) - overheadBytes - tablesBytes,
  }
}

async function weighKinds(redis: Stage['tools']['redis']): Promise<Record<string, KindOfKeys>> {
  const found = new Map<string, { keys: number; weighed: number; bytes: number }>()
  let cursor = '0'
  do {
    const [next, keys] = await redis.run((connection) => connection.scan(cursor, 'COUNT', SCAN_COUNT))
    const chosen: { seen: { weighed: number; bytes: number }; key: string }[] = []
    for (const key of keys) {
      const kind = key.split(':', 1)[0] as string
      const seen = found.get(kind) ?? { keys: 0, weighed: 0, bytes: 0 }
      found.set(kind, seen)
      seen.keys++
      if (seen.keys <= WEIGHED || seen.keys % STEP === 0) chosen.push({ seen, key })
    }
    const weights = await redis.run((connection) =>
      sendTogether(connection, (pipeline) => {
        for (const { key } of chosen) pipeline.call('MEMORY', 'USAGE', key, 'SAMPLES', '0')
      }),
    )
    for (const [i, { seen }] of chosen.entries()) {
      const bytes = weights[i]
      // One that has expired since it was listed has no weight.
      if (typeof bytes !== 'number') continue
      seen.weighed++
      seen.bytes += bytes
    }
    cursor = next
  } while (cursor !== '0')
  const kinds = [...found].toSorted(([a], [b]) => a.localeCompare(b))
  return Object.fromEntries(
    kinds.map(([kind, { keys, weighed, bytes }]) => [
      kind,
      { keys, bytes: Math.round((bytes / Math.max(1, weighed)) * keys) },
    ]),
  )
}

/** Names and numbers of MEMORY STATS; those of a database are in a list of their own, and are added up. */
function numbersOf(reply: readonly unknown[]): Map<string, number> {
  const numbers = new Map<string, number>()
  for (let i = 0; i + 1 < reply.length; i += 2) {
    const [name, value] = [String(reply[i]), reply[i + 1]]
    if (Array.isArray(value)) {
      for (const [inner, number] of numbersOf(value)) numbers.set(inner, (numbers.get(inner) ?? 0) + number)
    } else numbers.set(name, Number(value))
  }
  return numbers
}
