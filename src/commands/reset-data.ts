import { deleteEverything } from '../postgres/delete-everything.ts'
import { deleteAllKeys } from '../redis/delete-all-keys.ts'
import type { Tools } from './tools.ts'

/**
 * Deletes every event and booking, in both stores. Selling stops first: without its keys Redis is not reconciled, and it sells
 * again only after the rebuild that follows.
 */
export async function resetData({ database, redis, reconcile }: Tools): Promise<void> {
  await redis.run((connection) => connection.script('FLUSH', 'SYNC'))
  await deleteEverything(database)
  await deleteAllKeys(redis)
  await reconcile(false)
}
