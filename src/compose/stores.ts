import type { Settings } from '../config.ts'
import { asking, statement, wait } from '../diagnostics/index.ts'
import { type Database, makeDatabase } from '../postgres/database.ts'
import type { PoolObserver } from '../postgres/observe-pool.ts'
import { openPool } from '../postgres/pool.ts'
import { openRedisPool, type RedisPool } from '../redis/redis-pool.ts'
import type { Scripts } from '../redis/scripts.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { makePostgresObserver } from '../telemetry/observe-postgres.ts'
import { makeScriptObserver, type ScriptObserver } from '../telemetry/observe-scripts.ts'
import type { Tracing } from '../telemetry/tracing/tracing.ts'
import { clusterNodes, postgresAccess, redisSettings } from './access.ts'
import { observeRedis } from './observed-redis.ts'

/** What measures the stores and records what they do in traced work. */
export interface Watch {
  metrics: Metrics
  tracing: Tracing
}

/** Connections for one kind of work: requests give up early, background work waits. */
export interface Stores {
  database: Database
  redis: RedisPool
  close(): Promise<void>
}

/** Failures in a row after which Redis is left alone, and for how long: see redis/guard.ts. */
const BREAKER = { failuresToOpen: 5, openMs: 250 }

/**
 * Opens what requests or workers need, connections ready.
 *
 * @param watch null: nobody measures them
 * @throws Unavailable when a store cannot be reached
 */
export async function openStores(
  config: Settings,
  kind: 'request' | 'worker',
  scripts: Scripts,
  onUnreconciled: () => void,
  watch: Watch | null,
): Promise<Stores> {
  const forRequests = kind === 'request'
  const commandTimeoutMs = forRequests
    ? config.REDIS_COMMAND_TIMEOUT_MS
    : config.REDIS_WORKER_COMMAND_TIMEOUT_MS
  const pool = await openRedisPool(
    {
      ...redisSettings(config),
      clusterNodes: clusterNodes(config),
      ...BREAKER,
      commandTimeoutMs,
      connections: forRequests ? config.REDIS_POOL_MAX : 1,
      maxInFlight: config.REDIS_MAX_IN_FLIGHT,
      name: `floodgate-${kind}`,
    },
    scripts,
    onUnreconciled,
  )
  const redis = watch ? observeRedis(pool, scriptObserver(config, scripts, watch)) : pool
  try {
    const postgres = await openPool({
      ...postgresAccess(config),
      max: forRequests ? config.PG_POOL_MAX : config.PG_WORKER_POOL_MAX,
      min: forRequests ? config.PG_POOL_MIN : 1,
      lifetimeSeconds: config.PG_CONNECTION_LIFETIME_SECONDS,
      idleTimeoutMs: config.PG_IDLE_TIMEOUT_MS,
      connectTimeoutMs: config.PG_CONNECT_TIMEOUT_MS,
      connectRetries: config.PG_CONNECT_RETRIES,
      connectRetryIntervalMs: config.PG_CONNECT_RETRY_INTERVAL_MS,
      statementTimeoutMs: forRequests
        ? config.PG_STATEMENT_TIMEOUT_MS
        : config.PG_WORKER_STATEMENT_TIMEOUT_MS,
      name: `floodgate-${kind}`,
      observer: watch && postgresObserver(config, kind, watch),
    })
    const database = makeDatabase(postgres)
    return {
      database,
      redis,
      close: async () => {
        await Promise.all([database.close(), redis.close()])
      },
    }
  } catch (error) {
    await redis.close()
    throw error
  }
}

function scriptObserver(config: Settings, scripts: Scripts, { metrics, tracing }: Watch): ScriptObserver {
  return makeScriptObserver(Object.keys(scripts), metrics.scriptDuration, tracing, config.REDIS_URL)
}

/** A wait for a connection is seen as a metric and by whoever watches waits; a statement as a metric, in a trace, and by its request. */
function postgresObserver(config: Settings, kind: string, { metrics, tracing }: Watch): PoolObserver {
  const observer = makePostgresObserver(metrics, tracing, config.DATABASE_URL)
  const name = `postgres pool of the ${kind}s`
  return {
    ...observer,
    acquiring() {
      asking()
      const acquired = observer.acquiring()
      const got = wait(name)
      return () => {
        acquired()
        got()
      }
    },
    querying(query, text) {
      statement(text)
      return observer.querying(query, text)
    },
  }
}
