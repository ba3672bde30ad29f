import { allPartitions } from '../pipeline/partition.ts'
import { RefusedConnection } from '../pipeline/refused-connection.ts'
import { connectRedis } from './connection.ts'
import { makeGuard } from './guard.ts'
import { makeNode } from './node.ts'
import type { RedisNodes, RedisPoolSettings } from './redis-pool.ts'

/** The one server that has every partition. @throws Unavailable; RefusedConnection when it is a node of a cluster */
export async function openSingleNode(
  settings: RedisPoolSettings,
  onUnreconciled: () => void,
): Promise<RedisNodes> {
  const connections = await Promise.all(
    Array.from({ length: settings.connections }, () =>
      connectRedis({ ...settings, commandTimeoutMs: null }, settings.name),
    ),
  )
  const guard = makeGuard(settings, { onUnreconciled, onAway() {} })
  const node = makeNode(settings.url, connections, guard, allPartitions)
  const nodes = { of: () => node, all: () => [node], onReady: node.onReady, close: node.close }
  try {
    const info = await node.run((redis) => redis.info('cluster'))
    if (/^cluster_enabled:1/m.test(info))
      throw new RefusedConnection(
        'redis',
        'IS_A_CLUSTER',
        'it is a node of a cluster: set REDIS_CLUSTER_NODES',
      )
    return nodes
  } catch (error) {
    await nodes.close()
    throw error
  }
}
