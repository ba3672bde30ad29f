import type { Pool, PoolClient, QueryConfig, QueryResult, QueryResultRow } from 'pg'
import { Unavailable } from '../pipeline/unavailable.ts'
import { translateFault } from './faults.ts'

/** What a statement needs: a pool or the client of a transaction. */
export interface Queryable {
  query<Row extends QueryResultRow>(query: QueryConfig): Promise<QueryResult<Row>>
}

/** A pool behind a breaker. Everything that means "not now" comes out as Unavailable. */
export interface Database extends Queryable {
  /**
   * Runs statements in one transaction. When the answer to COMMIT is lost this rejects with Unavailable although the
   * transaction may have been committed: nobody may take a rejection for "nothing happened".
   */
  transaction<T>(work: (client: Queryable) => Promise<T>): Promise<T>
  readonly pool: Pool
  close(): Promise<void>
}

const FAILURES_TO_OPEN = 5
const OPEN_MS = 500

export function makeDatabase(pool: Pool): Database {
  let failures = 0
  let openUntilMs = 0

  async function guarded<T>(work: () => Promise<T>): Promise<T> {
    if (failures >= FAILURES_TO_OPEN) {
      if (performance.now() < openUntilMs) throw new Unavailable('postgres')
      openUntilMs = performance.now() + OPEN_MS
    }
    try {
      const result = await work()
      failures = 0
      return result
    } catch (error) {
      const fault = translateFault(error)
      // What was Unavailable before was not PostgreSQL: the work inside a transaction may call other stores.
      if (fault !== error) failures = fault instanceof Unavailable ? failures + 1 : 0
      if (failures >= FAILURES_TO_OPEN) openUntilMs = performance.now() + OPEN_MS
      throw fault
    }
  }

  return {
    pool,
    query: (query) => guarded(() => pool.query(query)),
    transaction: (work) => guarded(() => transact(pool, work)),
    close: () => pool.end(),
  }
}

async function transact<T>(pool: Pool, work: (client: Queryable) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  // A connection that breaks between two statements says so at the next one; unheard, it would end the process.
  client.on('error', ignore)
  try {
    await client.query('BEGIN')
    const result = await work(client)
    await client.query('COMMIT')
    client.release()
    return result
  } catch (error) {
    await rollback(client)
    throw error
  } finally {
    client.off('error', ignore)
  }
}

function ignore(): void {}

/** A connection that cannot even roll back is closed, and with it its transaction. */
async function rollback(client: PoolClient): Promise<void> {
  try {
    await client.query('ROLLBACK')
    client.release()
  } catch (error) {
    client.release(error instanceof Error ? error : true)
  }
}
