import type { Redis } from 'ioredis'
import type { Guard } from './guard.ts'
import { makeProvenance } from './provenance.ts'

/** One server: its connections, which take turns, behind one guard. */
export interface RedisNode {
  /** host:port */
  readonly address: string
  /** With user and password. */
  readonly url: string
  /** Those whose keys it has. */
  partitions(): readonly number[]
  /** Other partitions are served by it from now on. */
  serve(partitions: readonly number[]): void
  /** @throws Unavailable */
  run<T>(send: (redis: Redis) => Promise<T>): Promise<T>
  /** As `run`, on a connection to a server that is known to be the one that was reconciled. @throws Unreconciled */
  runScripts<T>(send: (redis: Redis) => Promise<T>): Promise<T>
  inFlight(): number
  /** How many connections are in which of ioredis's states. */
  states(): Record<string, number>
  onReady(listener: () => void): void
  close(): Promise<void>
}

export function makeNode(
  url: string,
  connections: readonly Redis[],
  guard: Guard,
  served: readonly number[],
): RedisNode {
  let partitions = served
  const proofs = connections.map((redis) => makeProvenance(redis, () => partitions))
  let turn = 0

  function next(): Redis {
    turn = (turn + 1) % connections.length
    return connections[turn] as Redis
  }

  return {
    address: new URL(url).host,
    url,
    partitions: () => partitions,
    serve(others) {
      if (others.length === partitions.length && others.every((one, i) => one === partitions[i])) return
      partitions = others
      for (const proof of proofs) proof.forget()
    },
    run: (send) => guard.run(() => send(next())),
    runScripts(send) {
      return guard.run(() => {
        const redis = next()
        // A promise only while it is not known whether this server may run them.
        const proof = proofs[turn]?.prove() ?? null
        return proof === null ? send(redis) : proof.then(() => send(redis))
      })
    },
    inFlight: () => guard.inFlight(),
    states() {
      const states: Record<string, number> = {}
      for (const { status } of connections) states[status] = (states[status] ?? 0) + 1
      return states
    },
    onReady(listener) {
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
