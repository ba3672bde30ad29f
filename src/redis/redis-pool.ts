import type { ChainableCommander, Redis } from 'ioredis'
import { connectRedis, type RedisConnectionSettings } from './connection.ts'
import { type Guard, type GuardSettings, makeGuard } from './guard.ts'
import { makeProvenance } from './provenance.ts'
import type { ScriptArguments, ScriptKeys, ScriptName, Scripts } from './scripts.ts'

export interface RedisPoolSettings extends Omit<RedisConnectionSettings, 'commandTimeoutMs'>, GuardSettings {
  connections: number
  name: string
}

/** Connections to Redis that take turns, behind one guard. Scripts run by their hash only: see the reconciler. */
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
  /** Sends plain commands. @throws as `script` */
  run<T>(send: (redis: Redis) => Promise<T>): Promise<T>
  /** Sends commands together and gives their replies; the first failure rejects. */
  pipeline(fill: (pipeline: ChainableCommander) => void): Promise<unknown[]>
  /** Calls one script many times; the calls are sent together. */
  scripts<Name extends ScriptName>(
    name: Name,
    calls: readonly { keys: ScriptKeys<Name>; argv: ScriptArguments<Name> }[],
  ): Promise<unknown[]>
  readonly guard: Guard
  /** How many connections are in which of ioredis's states. */
  states(): Record<string, number>
  onReconnect(listener: () => void): void
  close(): Promise<void>
}

/** Opens the connections before the first request. @throws Unavailable */
export async function openRedisPool(
  settings: RedisPoolSettings,
  scripts: Scripts,
  onUnreconciled: () => void,
): Promise<RedisPool> {
  const connections = await Promise.all(
    Array.from({ length: settings.connections }, () =>
      connectRedis({ ...settings, commandTimeoutMs: null }, settings.name),
    ),
  )
  const proofs = connections.map(makeProvenance)
  const guard = makeGuard(settings, onUnreconciled)
  let turn = 0

  function next(): Redis {
    turn = (turn + 1) % connections.length
    return connections[turn] as Redis
  }

  /** A connection for scripts; a promise only while it is not known whether its server may run them. */
  function nextProven(): Redis | Promise<Redis> {
    const redis = next()
    const proof = proofs[turn]?.prove() ?? null
    return proof === null ? redis : proof.then(() => redis)
  }

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

  return {
    guard,
    script(name, keys, argv, more = []) {
      return guard.run(() => {
        const redis = nextProven()
        const call = positions(name, keys, argv)
        if (redis instanceof Promise) return redis.then((proven) => proven.evalsha(...call, ...more))
        writeOnceATurn(redis)
        return redis.evalsha(...call, ...more)
      })
    },
    scriptBuffers(name, keys, argv, more = []) {
      return guard.run(async () => {
        const redis = await nextProven()
        const [sha, count, ...rest] = positions(name, keys, argv)
        return redis.callBuffer('EVALSHA', sha, count, ...rest, ...more)
      })
    },
    run: (send) => guard.run(() => send(next())),
    pipeline(fill) {
      return guard.run(() => sendTogether(next(), fill))
    },
    scripts(name, calls) {
      return guard.run(async () =>
        sendTogether(await nextProven(), (pipeline) => {
          for (const { keys, argv } of calls) pipeline.evalsha(...positions(name, keys, argv))
        }),
      )
    },
    states() {
      const states: Record<string, number> = {}
      for (const { status } of connections) states[status] = (states[status] ?? 0) + 1
      return states
    },
    onReconnect(listener) {
      for (const redis of connections) redis.on('ready', listener)
    },
    async close() {
      const quit = (redis: Redis) => guard.run(() => redis.quit()).catch(() => redis.disconnect())
      await Promise.all(
        connections.map((redis) => (redis.status === 'ready' ? quit(redis) : redis.disconnect())),
      )
      guard.stop()
    },
  }
}

/** What one turn of the event loop sends goes out with one system call at its end: docs/decisions/0013. */
function writeOnceATurn({ stream }: Redis): void {
  if (stream.writableCorked > 0) return
  stream.cork()
  setImmediate(() => stream.uncork())
}

async function sendTogether(redis: Redis, fill: (pipeline: ChainableCommander) => void): Promise<unknown[]> {
  const pipeline = redis.pipeline()
  fill(pipeline)
  if (pipeline.length === 0) return []
  return ((await pipeline.exec()) ?? []).map(([error, reply]) => {
    if (error) throw error
    return reply
  })
}
