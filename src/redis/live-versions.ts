import { partitionOfEvent } from '../pipeline/partition.ts'
import { inventoryKey } from './keys.ts'
import type { RedisPool } from './redis-pool.ts'

/** The catalogue's version that Redis has of each event; null where it has nothing, undefined where the server is away. */
export async function liveVersions(
  redis: RedisPool,
  eventIds: readonly string[],
): Promise<(number | null | undefined)[]> {
  const versions = await redis.gatherReachable(eventIds, partitionOfEvent, (pipeline, eventId) =>
    pipeline.hget(inventoryKey(eventId), 'version'),
  )
  return versions.map((version) => (version === null || version === undefined ? version : Number(version)))
}
