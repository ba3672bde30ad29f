import { fileURLToPath } from 'node:url'
import { runner } from 'node-pg-migrate'

const directory = fileURLToPath(new URL('../../migrations', import.meta.url))

/**
 * Applies the migrations that a database does not have yet, in order, in one transaction, under an advisory lock: any
 * number of processes may call it at once.
 *
 * @returns the names of the migrations that were applied now
 * @throws when a migration fails (nothing of it stays) or when one is missing between two that were applied
 */
export async function migrate(databaseUrl: string): Promise<string[]> {
  const applied = await runner({
    databaseUrl,
    dir: directory,
    ignorePattern: '(?!.*\\.sql$).*',
    direction: 'up',
    migrationsTable: 'migrations',
    checkOrder: true,
    advisoryLockMode: 'wait',
    log: () => {},
  })
  return applied.map(({ name }) => name)
}
