import type { Redis } from 'ioredis'
import { serverKey } from './keys.ts'
import { sendTogether } from './send-together.ts'
import { markOf } from './server-mark.ts'
import { Unreconciled } from './unreconciled.ts'

/** Knows whether the server at the other end of a connection is the one that was reconciled. */
export interface Provenance {
  /** null when that is known; otherwise looks. @throws Unreconciled when it is another */
  prove(): Promise<void> | null
  /** What was known was of other partitions. */
  forget(): void
}

/** A connection that was idle may have slept through a demotion and a promotion; one that was not would have heard READONLY. */
const PROOF_HOLDS_MS = 1000

/**
 * A server that was demoted keeps its scripts, and may be promoted again with what it missed in between. So a connection runs no
 * script before the server's mark was found in every partition that it serves, where the reconciler wrote it; it looks again when
 * it was made anew, when other partitions came, and every second.
 */
export function makeProvenance(redis: Redis, partitions: () => readonly number[]): Provenance {
  let provenUntilMs = 0
  let looking: Promise<void> | null = null

  function forget(): void {
    provenUntilMs = 0
    // Whoever waits for that look asked before; the next one is not to wait for it.
    looking = null
  }
  redis.on('close', forget)

  async function look(served: readonly number[]): Promise<void> {
    const [server, replication, ...marks] = await sendTogether(redis, (pipeline) => {
      pipeline.info('server').info('replication')
      for (const partition of served) pipeline.get(serverKey(partition))
    })
    const mark = markOf(String(server), String(replication))
    if (marks.some((one) => one !== mark)) throw new Unreconciled('it was not rebuilt on this server')
  }

  return {
    forget,
    prove() {
      if (performance.now() < provenUntilMs) return null
      if (looking) return looking
      const mine = look(partitions()).then(
        () => {
          if (looking !== mine) return
          looking = null
          provenUntilMs = performance.now() + PROOF_HOLDS_MS
        },
        (error: unknown) => {
          if (looking === mine) looking = null
          throw error
        },
      )
      looking = mine
      return mine
    },
  }
}
