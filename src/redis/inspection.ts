import type { StoreInspection } from '../pipeline/rebuild-ports.ts'
import { generationKey, serverKey } from './keys.ts'
import type { RedisPool } from './redis-pool.ts'
import { runIdOf } from './run-id.ts'
import type { Scripts } from './scripts.ts'

/**
 * Looks for signs that this Redis is not the one that was reconciled: scripts that are gone (it restarted, or was promoted:
 * the script cache is neither kept nor replicated), another generation (keys were lost), another server's run id.
 */
export function makeInspection(redis: RedisPool, scripts: Scripts): StoreInspection {
  const shas = Object.values(scripts).map(({ sha }) => sha)
  return {
    async suspicion(generations) {
      const partitions = [...generations.keys()]
      const [exist, info, ...values] = await redis.pipeline((pipeline) => {
        pipeline.script('EXISTS', ...shas)
        pipeline.info('server')
        for (const partition of partitions) pipeline.get(generationKey(partition))
        for (const partition of partitions) pipeline.get(serverKey(partition))
      })
      if ((exist as number[]).includes(0)) return 'its scripts are not loaded'
      const runId = runIdOf(info as string)
      for (const [i, partition] of partitions.entries()) {
        if (Number(values[i] ?? 0) !== generations.get(partition))
          return `partition ${partition} is of another generation`
        if (values[partitions.length + i] !== runId)
          return `partition ${partition} was rebuilt on another server`
      }
      return null
    },
  }
}
