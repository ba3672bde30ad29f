import type { Settings } from '../config.ts'
import { assertReachable } from '../kafka/reachable.ts'
import { RefusedConnection } from '../pipeline/refused-connection.ts'
import { unfitness } from '../redis/health.ts'
import { dueKey, holdPrefix } from '../redis/keys.ts'
import type { RedisNode } from '../redis/node.ts'
import { kafkaAccess } from './access.ts'
import type { Stores } from './stores.ts'

const DEADLINE_MS = 1000

/**
 * The state of every dependency. Only Redis is required for a process to be sent traffic: reservations go on while PostgreSQL or
 * Kafka is away, and taking every process out of the load balancer then would stop them all.
 */
export function makeReadiness(config: Settings, { database, redis }: Stores) {
  const access = kafkaAccess(config)

  async function stateOf(look: () => Promise<string | null>): Promise<{ ok: boolean; state: string }> {
    try {
      const problem = await look()
      return problem === null ? { ok: true, state: 'up' } : { ok: false, state: problem }
    } catch (error) {
      return {
        ok: false,
        state: error instanceof Error ? error.message : String(error),
      }
    }
  }

  async function lookAt(node: RedisNode): Promise<{ away: string | null; unfit: string | null }> {
    try {
      const [partition = 0] = node.partitions()
      // A script that changes nothing: it is there only when this server was reconciled.
      const keys = { hold: `${holdPrefix(partition)}ready`, due: dueKey(partition) }
      await redis.script('postpone', keys, { booking_id: 'ready' })
      return { away: null, unfit: await unfitness(node) }
    } catch (error) {
      return { away: error instanceof Error ? error.message : String(error), unfit: null }
    }
  }

  /** Of a cluster, one server that sells is enough: without this process it would not. One that may lose what it is given is too much. */
  async function stateOfRedis(): Promise<{ ok: boolean; state: string }> {
    const nodes = redis.nodes()
    const looks = await Promise.all(nodes.map(lookAt))
    const wrong = looks.flatMap(({ away, unfit }, i) => {
      const problem = unfit ?? away
      if (problem === null) return []
      return [nodes.length > 1 ? `${nodes[i]?.address}: ${problem}` : problem]
    })
    const ok = looks.some(({ away }) => away === null) && looks.every(({ unfit }) => unfit === null)
    return { ok, state: wrong.join('; ') || (ok ? 'up' : 'no server of the cluster is known') }
  }

  return async () => {
    const [redisState, postgresState, kafkaState] = await Promise.all([
      stateOfRedis(),
      stateOf(async () => {
        await database.query({ name: 'ready', text: 'SELECT 1' })
        return null
      }),
      stateOf(async () => {
        try {
          await assertReachable(access, DEADLINE_MS)
          return null
        } catch (error) {
          const why = error instanceof RefusedConnection ? error.code : 'away'
          return `${why}: events wait in the outbox`
        }
      }),
    ])
    return {
      redis: { ...redisState, required: true },
      postgres: { ...postgresState, required: false },
      kafka: { ...kafkaState, required: false },
    }
  }
}
