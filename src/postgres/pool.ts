import pg from 'pg'
import { Unavailable } from '../pipeline/unavailable.ts'
import { translateFault } from './faults.ts'
import { observePool, type PoolObserver } from './observe-pool.ts'

export interface PostgresSettings {
  url: string
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
 * @throws Unavailable when PostgreSQL cannot be reached after the retries
 */
export async function openPool(settings: PostgresSettings): Promise<pg.Pool> {
  const pool = new pg.Pool({
    connectionString: settings.url,
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
      if (attempt >= settings.connectRetries) {
        await pool.end()
        throw translateFault(cause) instanceof Unavailable ? new Unavailable('postgres', { cause }) : cause
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
