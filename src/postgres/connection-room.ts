import pg from 'pg'
import { clientConfig, type PostgresAccess, translateRefusal } from './access.ts'

export interface ConnectionRoom {
  /** max_connections. */
  most: number
  /** Kept back for superusers and the like. */
  reserved: number
  /** Sessions of others now. */
  inUse: number
}

const CONNECT_TIMEOUT_MS = 5000

/** Whoever may not look into others' sessions sees at least that they are there, and in a database. */
const text = `SELECT current_setting('max_connections')::int AS most,
  current_setting('superuser_reserved_connections')::int
    + coalesce(current_setting('reserved_connections', true)::int, 0) AS reserved,
  (SELECT count(*)::int FROM pg_stat_activity
    WHERE datid IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend'
      AND pid <> pg_backend_pid()) AS "inUse"`

/**
 * How many connections PostgreSQL has, and how many of them are somebody's.
 *
 * @throws Unavailable
 */
export async function connectionRoom(access: PostgresAccess): Promise<ConnectionRoom> {
  const client = new pg.Client({
    ...clientConfig(access),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: CONNECT_TIMEOUT_MS,
    application_name: 'floodgate-start',
  })
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query<ConnectionRoom>(text)
    return rows[0] as ConnectionRoom
  } catch (cause) {
    throw translateRefusal(cause)
  } finally {
    await client.end().catch(() => {})
  }
}
