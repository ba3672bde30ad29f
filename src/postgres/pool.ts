import pg from 'pg'
import { RefusedConnection } from '../pipeline/refused-connection.ts'
import { clientConfig, type PostgresAccess, translateRefusal } from './access.ts'
import { observePool, type PoolObserver } from './observe-pool.ts'

export interface PostgresSettings extends PostgresAccess {
  max: number
  /** Opened before the first request, and kept. */
  min: number
  lifetimeSeconds: number
  idleTimeoutMs: number
  /** Deadline of connecting at start. */
  connectTimeoutMs: number
  connectRetries: number
  connectRetryIntervalMs: number
  /** Deadline of a statement, on both sides of the wire. */
  statementTimeoutMs: number
  name: string
  /** Told of waits and statements; null: nobody measures. */
  observer: PoolObserver | null
}

/** The client waits this much longer than the server, so that the server's own answer comes first. */
const CLIENT_GRACE_MS = 500

/**
 * Opens a pool with its minimum of connections ready.
 *
 * @throws Unavailable when PostgreSQL cannot be reached after the retries; RefusedConnection, at once, when it does not let us in
 */
export async function openPool(settings: PostgresSettings): Promise<pg.Pool> {
  const pool = new pg.Pool({
    ...clientConfig(settings),
    max: settings.max,
    min: settings.min,
    maxLifetimeSeconds: settings.lifetimeSeconds,
    idleTimeoutMillis: settings.idleTimeoutMs,
    // Later, connecting and waiting for a free connection may take no longer than a statement.
    connectionTimeoutMillis: Math.min(settings.statementTimeoutMs, settings.connectTimeoutMs),
    statement_timeout: settings.statementTimeoutMs,
    query_timeout: settings.statementTimeoutMs + CLIENT_GRACE_MS,
    application_name: settings.name,
    options: '-c timezone=UTC',
    keepAlive: true,
  })
  // An idle connection that breaks is replaced when it is next needed; whoever needs it learns of it there.
  pool.on('error', () => {})
  if (settings.observer) observePool(pool, settings.observer)
  for (let attempt = 0; ; attempt++) {
    try {
      await prewarm(pool, settings.min)
      return pool
    } catch (cause) {
      const failure = translateRefusal(cause)
      if (failure instanceof RefusedConnection || attempt >= settings.connectRetries) {
        await pool.end()
        throw failure
      }
      await new Promise((resolve) => setTimeout(resolve, settings.connectRetryIntervalMs))
    }
  }
}

async function prewarm(pool: pg.Pool, connections: number): Promise<void> {
  const results = await Promise.allSettled(
    Array.from({ length: Math.max(1, connections) }, () => pool.connect()),
  )
  for (const result of results) if (result.status === 'fulfilled') result.value.release()
  const failed = results.find((result) => result.status === 'rejected')
  if (failed) throw failed.reason
}
