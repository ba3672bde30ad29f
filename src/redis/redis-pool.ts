import type { ChainableCommander, Redis } from 'ioredis'
import { Unavailable } from '../pipeline/unavailable.ts'
import { openClusterNodes } from './cluster-nodes.ts'
import type { RedisConnectionSettings } from './connection.ts'
import type { GuardSettings } from './guard.ts'
import { partitionOfKey } from './keys.ts'
import type { RedisNode } from './node.ts'
import type { ScriptArguments, ScriptKeys, ScriptName, Scripts } from './scripts.ts'
import { sendTogether } from './send-together.ts'
import { openSingleNode } from './single-node.ts'

export interface RedisPoolSettings extends Omit<RedisConnectionSettings, 'commandTimeoutMs'>, GuardSettings {
  /** Of a cluster, host:port; none: `url` is the only server. */
  clusterNodes: readonly string[]
  /** To each server. */
  connections: number
  name: string
}

/** Who has which partition. One server has all of them. */
export interface RedisNodes {
  /** @throws Unavailable when nobody is known to have it */
  of(partition: number): RedisNode
  all(): readonly RedisNode[]
  /** Called for every connection of every server that there is or will be. */
  onReady(listener: () => void): void
  close(): Promise<void>
}

/** Connections to Redis, or to the masters of a cluster. Scripts run by their hash only: see the reconciler. */
export interface RedisPool {
  /** @throws Unavailable when Redis is away; Unreconciled when it does not have the script */
  script<Name extends ScriptName>(
    name: Name,
    keys: ScriptKeys<Name>,
    argv: ScriptArguments<Name>,
    more?: readonly (string | number)[],
  ): Promise<unknown>
  /** As `script`; every string of the reply comes as its bytes. */
  scriptBuffers<Name extends ScriptName>(
    name: Name,
    keys: ScriptKeys<Name>,
    argv: ScriptArguments<Name>,
    more?: readonly (string | number)[],
  ): Promise<unknown>
  /** Calls one script many times; the calls for one server are sent together. */
  scripts<Name extends ScriptName>(
    name: Name,
    calls: readonly { keys: ScriptKeys<Name>; argv: ScriptArguments<Name> }[],
  ): Promise<unknown[]>
  /** Sends plain commands to whoever has a partition. @throws as `script` */
  at<T>(partition: number, send: (redis: Redis) => Promise<T>): Promise<T>
  /** Sends plain commands where it does not matter to which server, or where there is only one. @throws as `script` */
  run<T>(send: (redis: Redis) => Promise<T>): Promise<T>
  /** Sends a partition's commands together and gives their replies; the first failure rejects. */
  pipeline(partition: number, fill: (pipeline: ChainableCommander) => void): Promise<unknown[]>
  /** Sends one command for each item to whoever has its partition. @returns the replies in the items' order */
  gather<Item>(
    items: readonly Item[],
    partitionOf: (item: Item) => number,
    command: (pipeline: ChainableCommander, item: Item) => void,
  ): Promise<unknown[]>
  /** As `gather`; undefined where a server is away. @throws Unavailable when all of them are */
  gatherReachable<Item>(
    items: readonly Item[],
    partitionOf: (item: Item) => number,
    command: (pipeline: ChainableCommander, item: Item) => void,
  ): Promise<unknown[]>
  nodes(): readonly RedisNode[]
  readonly guard: { inFlight(): number }
  /** How many connections are in which of ioredis's states. */
  states(): Record<string, number>
  onReconnect(listener: () => void): void
  close(): Promise<void>
}

/**
 * Opens the connections before the first request.
 *
 * @throws Unavailable; RefusedConnection, also when one server was expected and a cluster is there, or the other way round
 */
export async function openRedisPool(
  settings: RedisPoolSettings,
  scripts: Scripts,
  onUnreconciled: () => void,
): Promise<RedisPool> {
  const nodes = await (settings.clusterNodes.length > 0
    ? openClusterNodes(settings, onUnreconciled)
    : openSingleNode(settings, onUnreconciled))

  function positions(
    name: ScriptName,
    keys: Record<string, string>,
    argv: Record<string, string | number>,
  ): [string, number, ...(string | number)[]] {
    const script = scripts[name]
    const positional: [string, number, ...(string | number)[]] = [script.sha, script.keys.length]
    for (const key of script.keys) positional.push(keys[key] as string)
    for (const argument of script.argv) positional.push(argv[argument] as string | number)
    return positional
  }

  /** @throws Unavailable; a caller that waits for promises gets it as a rejection */
  const nodeOf = async (partition: number) => nodes.of(partition)
  /** Any key of a script tells: they all lie in one partition. */
  const nodeOfCall = (call: readonly (string | number)[]) => nodes.of(partitionOfKey(String(call[2])))

  /** Items by the server that has them; each item with its place. */
  function byNode<Item>(items: readonly Item[], partitionOf: (item: Item) => number) {
    const placed = items.map((item, place) => ({ item, place }))
    return [...Map.groupBy(placed, ({ item }) => nodes.of(partitionOf(item)))]
  }

  async function gatherFrom<Item>(
    node: RedisNode,
    group: readonly { item: Item; place: number }[],
    command: (pipeline: ChainableCommander, item: Item) => void,
    into: unknown[],
  ): Promise<void> {
    const replies = await node.run((redis) =>
      sendTogether(redis, (pipeline) => {
        for (const { item } of group) command(pipeline, item)
      }),
    )
    for (const [i, { place }] of group.entries()) into[place] = replies[i]
  }

  return {
    async script(name, keys, argv, more = []) {
      const call = positions(name, keys, argv)
      return nodeOfCall(call).runScripts((redis) => {
        writeOnceATurn(redis)
        return redis.evalsha(...call, ...more)
      })
    },
    async scriptBuffers(name, keys, argv, more = []) {
      const call = positions(name, keys, argv)
      return nodeOfCall(call).runScripts((redis) => redis.callBuffer('EVALSHA', ...call, ...more))
    },
    async scripts(name, calls) {
      const replies: unknown[] = new Array(calls.length)
      const positioned = calls.map(({ keys, argv }) => positions(name, keys, argv))
      await Promise.all(
        byNode(positioned, (call) => partitionOfKey(String(call[2]))).map(async ([node, group]) => {
          const theirs = await node.runScripts((redis) =>
            sendTogether(redis, (pipeline) => {
              for (const { item } of group) pipeline.evalsha(...item)
            }),
          )
          for (const [i, { place }] of group.entries()) replies[place] = theirs[i]
        }),
      )
      return replies
    },
    at: async (partition, send) => (await nodeOf(partition)).run(send),
    async run(send) {
      const [node] = nodes.all()
      if (!node) throw new Unavailable('redis')
      return node.run(send)
    },
    pipeline: async (partition, fill) => (await nodeOf(partition)).run((redis) => sendTogether(redis, fill)),
    async gather(items, partitionOf, command) {
      const replies: unknown[] = new Array(items.length)
      await Promise.all(
        byNode(items, partitionOf).map(([node, group]) => gatherFrom(node, group, command, replies)),
      )
      return replies
    },
    async gatherReachable(items, partitionOf, command) {
      const replies: unknown[] = new Array(items.length)
      const known = items
        .map((item, place) => ({ item, place }))
        .filter(({ item }) => isServed(partitionOf(item)))
      const groups = [...Map.groupBy(known, ({ item }) => nodes.of(partitionOf(item)))]
      const results = await Promise.allSettled(
        groups.map(([node, group]) => gatherFrom(node, group, command, replies)),
      )
      const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
      const defect = failures.find((error) => !(error instanceof Unavailable))
      if (defect !== undefined) throw defect
      if (items.length > 0 && failures.length === groups.length) throw failures[0] ?? new Unavailable('redis')
      return replies
    },
    nodes: () => nodes.all(),
    guard: { inFlight: () => nodes.all().reduce((sum, node) => sum + node.inFlight(), 0) },
    states() {
      const states: Record<string, number> = {}
      for (const node of nodes.all()) {
        for (const [state, connections] of Object.entries(node.states()))
          states[state] = (states[state] ?? 0) + connections
      }
      return states
    },
    onReconnect: (listener) => nodes.onReady(listener),
    close: () => nodes.close(),
  }

  function isServed(partition: number): boolean {
    return nodes.all().some((node) => node.partitions().includes(partition))
  }
}

/** What one turn of the event loop sends goes out with one system call at its end: docs/decisions/0013. */
function writeOnceATurn({ stream }: Redis): void {
  // A connection that was never made has none.
  if (!stream || stream.writableCorked > 0) return
  stream.cork()
  setImmediate(() => stream.uncork())
}
