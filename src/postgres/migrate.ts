import { fileURLToPath } from 'node:url'
import { runner } from 'node-pg-migrate'
import { RefusedConnection } from '../pipeline/refused-connection.ts'
import { clientConfig, type PostgresAccess, translateRefusal } from './access.ts'

const directory = fileURLToPath(new URL('../../migrations', import.meta.url))

/**
 * Applies the migrations that a database does not have yet, in order, in one transaction, under an advisory lock: any
 * number of processes may call it at once.
 *
 * @returns the names of the migrations that were applied now
 * @throws when a migration fails (nothing of it stays) or when one is missing between two that were applied;
 * RefusedConnection when PostgreSQL does not let us in
 */
export async function migrate(access: PostgresAccess): Promise<string[]> {
  const applied = await runner({
    databaseUrl: clientConfig(access),
    dir: directory,
    ignorePattern: '(?!.*\\.sql$).*',
    direction: 'up',
    migrationsTable: 'migrations',
    checkOrder: true,
    advisoryLockMode: 'wait',
    log: () => {},
  }).catch((error: unknown) => {
    const failure = translateRefusal(error)
    throw failure instanceof RefusedConnection ? failure : error
  })
  return applied.map(({ name }) => name)
}
