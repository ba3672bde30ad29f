import { allPartitions } from '../pipeline/partition.ts'
import { RefusedConnection } from '../pipeline/refused-connection.ts'
import { Unavailable } from '../pipeline/unavailable.ts'
import { type ClusterView, readView } from './cluster-view.ts'
import { connectRedis, newRedis, urlOfNode } from './connection.ts'
import { makeGuard } from './guard.ts'
import { makeNode, type RedisNode } from './node.ts'
import type { RedisNodes, RedisPoolSettings } from './redis-pool.ts'

/** How often somebody is asked who has what, without a reason. */
const LOOK_EVERY_MS = 1000
/** And at most, with one: every command that goes to the wrong server is one. */
const LOOK_AGAIN_MS = 100

/**
 * The masters of a cluster. A command goes to whoever is known to have its partition and nowhere else: a server that it was redirected to
 * may not have been reconciled. So MOVED and ASK are failures, after which the cluster is asked again, and the caller may try again.
 *
 * @throws Unavailable when no node can be asked; RefusedConnection
 */
export async function openClusterNodes(
  settings: RedisPoolSettings,
  onUnreconciled: () => void,
): Promise<RedisNodes> {
  const { hostname, port } = new URL(settings.url)
  const seeds = [...new Set([`${hostname}:${port || 6379}`, ...settings.clusterNodes])]
  const nodes = new Map<string, RedisNode>()
  const listeners: (() => void)[] = []
  let byPartition: (RedisNode | undefined)[] = []
  let lookedAtMs = Number.NEGATIVE_INFINITY
  let looking: Promise<void> | null = null
  let closed = false
  /** Connections that the start waits for, well or not; null once it has. */
  let starting: Promise<void>[] | null = []

  function open(address: string, partitions: readonly number[]): RedisNode {
    const url = urlOfNode(settings.url, address)
    const connections = Array.from({ length: settings.connections }, () =>
      newRedis({ ...settings, url, commandTimeoutMs: null }, settings.name),
    )
    const guard = makeGuard(settings, { onUnreconciled, onAway: suspect })
    const node = makeNode(url, connections, guard, partitions)
    for (const listener of listeners) node.onReady(listener)
    // One that cannot be reached now is tried again until the cluster says that it is none of its masters.
    const connecting = connections.map((redis) => redis.connect().catch(() => {}))
    starting?.push(...connecting)
    return node
  }

  function apply({ masters }: ClusterView): void {
    if (closed) return
    for (const [address, partitions] of masters) {
      const known = nodes.get(address)
      if (known) known.serve(partitions)
      else nodes.set(address, open(address, partitions))
    }
    for (const [address, node] of nodes) {
      if (masters.has(address)) continue
      nodes.delete(address)
      void node.close()
    }
    byPartition = allPartitions.map((partition) =>
      [...nodes.values()].find((node) => node.partitions().includes(partition)),
    )
  }

  /** Asks one after the other, masters first, until one says that the cluster is well; else what the first said. */
  async function look(): Promise<void> {
    let first: ClusterView | null = null
    for (const ask of asking()) {
      const view = await ask().catch((error: unknown) => {
        if (error instanceof RefusedConnection) throw error
        return null
      })
      first ??= view
      if (view?.isWell) return apply(view)
    }
    if (!first) throw new Unavailable('redis (no node of the cluster answers)')
    apply(first)
  }

  function* asking(): Generator<() => Promise<ClusterView>> {
    for (const node of nodes.values()) {
      yield () => node.run((redis) => readView(redis, hostOf(node.address)))
    }
    for (const address of seeds) {
      if (!nodes.has(address)) yield () => askSeed(address)
    }
  }

  async function askSeed(address: string): Promise<ClusterView> {
    const url = urlOfNode(settings.url, address)
    const redis = await connectRedis(
      { ...settings, url, connectRetries: 0, commandTimeoutMs: settings.commandTimeoutMs },
      `${settings.name}-look`,
    )
    try {
      return await readView(redis, hostOf(address))
    } catch (error) {
      if (/cluster support disabled/.test(String(error)))
        throw new RefusedConnection(
          'redis',
          'IS_NO_CLUSTER',
          'it is no node of a cluster: unset REDIS_CLUSTER_NODES',
        )
      throw new Unavailable('redis', { cause: error })
    } finally {
      redis.disconnect()
    }
  }

  function lookSoon(): void {
    if (looking || closed) return
    lookedAtMs = performance.now()
    // Nobody can be asked: it is asked again, and whoever sends commands learns of it by them.
    looking = look()
      .catch(() => {})
      .finally(() => {
        looking = null
      })
  }

  function suspect(): void {
    if (performance.now() - lookedAtMs >= LOOK_AGAIN_MS) lookSoon()
  }

  for (let attempt = 0; ; attempt++) {
    try {
      await look()
      break
    } catch (error) {
      if (error instanceof RefusedConnection || attempt >= settings.connectRetries) throw error
      await new Promise((resolve) => setTimeout(resolve, settings.retryIntervalMs))
    }
  }
  await Promise.all(starting)
  starting = null
  const timer = setInterval(lookSoon, LOOK_EVERY_MS).unref()

  return {
    of(partition) {
      const node = byPartition[partition]
      if (node) return node
      suspect()
      throw new Unavailable(`redis (nobody in the cluster has partition ${partition})`)
    },
    all: () => [...nodes.values()],
    onReady(listener) {
      listeners.push(listener)
      for (const node of nodes.values()) node.onReady(listener)
    },
    async close() {
      closed = true
      clearInterval(timer)
      await looking
      await Promise.all([...nodes.values()].map((node) => node.close()))
    },
  }
}

function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':'))
}
