import { postgresAccess } from '../compose/access.ts'
import { migrate } from '../postgres/migrate.ts'
import type { Command } from './context.ts'
import { withStores } from './with-stores.ts'

/** Applies the migrations that the database does not have yet. */
export const migrateDatabase: Command = async (args, context) => {
  const { config, stack } = await withStores(['postgres'], args.includes('--yes'), context)
  try {
    const applied = await migrate(postgresAccess(config))
    context.print(
      applied.length > 0 ? `applied ${applied.join(', ')}` : 'nothing to apply: the database is up to date',
    )
    return 0
  } finally {
    await stack.stop()
  }
}
