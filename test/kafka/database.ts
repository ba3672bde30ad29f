import { type Database, makeDatabase } from '../../src/postgres/database.ts'
import { openPool } from '../../src/postgres/pool.ts'

/** A database as the background work has it. Whoever opens it closes it. */
export async function connectDatabase(url: string): Promise<Database> {
  const pool = await openPool({
    ca: null,
    url,
    max: 8,
    min: 1,
    lifetimeSeconds: 1800,
    idleTimeoutMs: 60_000,
    connectTimeoutMs: 5000,
    connectRetries: 3,
    connectRetryIntervalMs: 500,
    statementTimeoutMs: 10_000,
    name: 'test',
    observer: null,
  })
  return makeDatabase(pool)
}
