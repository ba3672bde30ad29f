import type { RedisNode } from './node.ts'
import type { RedisPool } from './redis-pool.ts'
import { sendTogether } from './send-together.ts'

const PREFIXES = [
  ...['inv:', 'taken:', 'hold:', 'due:', 'holds:', 'idem:', 'wal:', 'freed:'],
  ...['queuemeta:', 'queue:', 'seen:', 'over:', 'lobby:', 'passes:', 'pass:', 'gone:', 'queues:'],
]

/** Deletes every key of the service but the generations; keys of others in the same Redis stay. */
export async function deleteAllKeys(redis: RedisPool): Promise<void> {
  for (const node of redis.nodes()) {
    for (const prefix of PREFIXES) await deleteFrom(node, prefix)
  }
}

async function deleteFrom(node: RedisNode, prefix: string): Promise<void> {
  for (let cursor = '0'; ; ) {
    const [next, keys] = await node.run((connection) =>
      connection.scan(cursor, 'MATCH', `${prefix}{p*`, 'COUNT', 1000),
    )
    // One by one: keys of several partitions lie in several slots.
    await node.run((connection) =>
      sendTogether(connection, (pipeline) => {
        for (const key of keys) pipeline.unlink(key)
      }),
    )
    if (next === '0') return
    cursor = next
  }
}
