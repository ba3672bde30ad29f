import type { Redis } from 'ioredis'
import { allPartitions } from '../pipeline/partition.ts'
import { serverKey } from './keys.ts'
import { runIdOf } from './run-id.ts'
import { Unreconciled } from './unreconciled.ts'

/** Knows whether the server at the other end of a connection is the one that was reconciled. */
export interface Provenance {
  /** null when that is known; otherwise looks. @throws Unreconciled when it is another */
  prove(): Promise<void> | null
}

/** A connection that was idle may have slept through a demotion and a promotion; one that was not would have heard READONLY. */
const PROOF_HOLDS_MS = 1000

/**
 * A server that was demoted keeps its scripts, and may be promoted again with what it missed in between. So a connection runs no
 * script before the server's run id was found in every partition, where the reconciler wrote it; it looks again when it was
 * made anew, and every second.
 */
export function makeProvenance(redis: Redis): Provenance {
  let provenUntilMs = 0
  let looking: Promise<void> | null = null
  redis.on('close', () => {
    provenUntilMs = 0
  })

  async function look(): Promise<void> {
    const pipeline = redis.pipeline().info('server')
    for (const partition of allPartitions) pipeline.get(serverKey(partition))
    const [info, ...servers] = ((await pipeline.exec()) ?? []).map(([error, reply]) => {
      if (error) throw error
      return reply
    })
    const runId = runIdOf(String(info))
    if (servers.some((server) => server !== runId))
      throw new Unreconciled('it was not rebuilt on this server')
    provenUntilMs = performance.now() + PROOF_HOLDS_MS
  }

  return {
    prove() {
      if (performance.now() < provenUntilMs) return null
      looking ??= look().finally(() => {
        looking = null
      })
      return looking
    },
  }
}
