import type { Settings } from '../config.ts'
import { assertReachable } from '../kafka/reachable.ts'
import { RefusedConnection } from '../pipeline/refused-connection.ts'
import { unfitness } from '../redis/health.ts'
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

  return async () => {
    const [redisState, postgresState, kafkaState] = await Promise.all([
      stateOf(async () => {
        // A script that changes nothing: it is there only when this Redis was reconciled.
        await redis.script(
          'postpone',
          { hold: 'hold:{p00}:ready', due: 'due:{p00}' },
          { booking_id: 'ready' },
        )
        return unfitness(redis)
      }),
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
