import { allPartitions } from '../pipeline/partition.ts'
import { Unavailable } from '../pipeline/unavailable.ts'
import { deleteEverything } from '../postgres/delete-everything.ts'
import { makeRebuildSource } from '../postgres/rebuild-source.ts'
import { deleteAllKeys } from '../redis/delete-all-keys.ts'
import { type Tools, untilReconciled } from './tools.ts'

/**
 * Deletes every event and booking, in both stores, also under a running service: nobody rebuilds Redis meanwhile, so nothing
 * sells; whoever read from it before is fenced off; and it sells again after the rebuild that follows.
 *
 * @throws Unavailable when another process is rebuilding Redis just now
 */
export async function resetData({ database, redis, reconcile }: Tools): Promise<void> {
  const source = makeRebuildSource(database)
  const done = await source.alone(async () => {
    for (const node of redis.nodes()) await node.run((connection) => connection.script('FLUSH', 'SYNC'))
    await source.bumpGenerations(allPartitions)
    await deleteEverything(database)
    await deleteAllKeys(redis)
    return true
  })
  if (done !== true) throw new Unavailable('redis (another process is rebuilding it)')
  await untilReconciled({ reconcile })
}
