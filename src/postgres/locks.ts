import type { Queryable } from './database.ts'

/** The first of the two numbers of an advisory lock: what it guards. The second is a partition or a shard. */
const LOCK = {
  fence: 7001,
  persister: 7002,
  relay: 7003,
  reconciler: 7004,
} as const

/**
 * Shares the fences of partitions until the transaction ends: no rebuild of Redis can begin meanwhile. Must come before the
 * statement that compares generations, which then sees every rebuild that had begun.
 */
export async function shareFences(client: Queryable, partitions: readonly number[]): Promise<void> {
  await client.query({
    name: 'share_fences',
    text: `SELECT pg_advisory_xact_lock_shared(${LOCK.fence}, p) FROM unnest($1::int[]) AS p`,
    values: [ascending(partitions)],
  })
}

/** Waits for every writer of the partitions, and keeps new ones out until the transaction ends. */
export async function closeFences(client: Queryable, partitions: readonly number[]): Promise<void> {
  await client.query({
    name: 'close_fences',
    text: `SELECT pg_advisory_xact_lock(${LOCK.fence}, p) FROM unnest($1::int[]) AS p`,
    values: [ascending(partitions)],
  })
}

/** Everybody takes the fences in this order, so that none wait for each other in a circle. */
function ascending(partitions: readonly number[]): number[] {
  return [...new Set(partitions)].sort((a, b) => a - b)
}

/** Takes a piece of single-writer work until the transaction ends. @returns false when another process has it */
export async function tryWork(
  client: Queryable,
  kind: 'persister' | 'relay' | 'reconciler',
  number: number,
): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>({
    name: 'try_work',
    text: 'SELECT pg_try_advisory_xact_lock($1, $2) AS taken',
    values: [LOCK[kind], number],
  })
  return rows[0]?.taken === true
}
