import { inventoryKey } from './keys.ts'
import type { RedisPool } from './redis-pool.ts'

/** The catalogue's version that Redis has of each event; null where it has nothing. */
export async function liveVersions(
  redis: RedisPool,
  eventIds: readonly string[],
): Promise<(number | null)[]> {
  const versions = await redis.pipeline((pipeline) => {
    for (const eventId of eventIds) pipeline.hget(inventoryKey(eventId), 'version')
  })
  return versions.map((version) => (version === null ? null : Number(version)))
}
