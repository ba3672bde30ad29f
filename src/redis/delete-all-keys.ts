import type { RedisPool } from './redis-pool.ts'

const PREFIXES = [
  ...['inv:', 'taken:', 'hold:', 'due:', 'holds:', 'idem:', 'wal:', 'freed:'],
  ...['queuemeta:', 'queue:', 'seen:', 'over:', 'lobby:', 'passes:', 'pass:', 'gone:', 'queues:'],
]

/** Deletes every key of the service but the generations; keys of others in the same Redis stay. */
export async function deleteAllKeys(redis: RedisPool): Promise<void> {
  for (const prefix of PREFIXES) {
    for (let cursor = '0'; ; ) {
      const [next, keys] = await redis.run((connection) =>
        connection.scan(cursor, 'MATCH', `${prefix}{p*`, 'COUNT', 1000),
      )
      if (keys.length > 0) await redis.run((connection) => connection.unlink(...keys))
      if (next === '0') break
      cursor = next
    }
  }
}
