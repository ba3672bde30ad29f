import type { ChainableCommander, Redis } from 'ioredis'

/** Sends commands with one write and gives their replies; the first failure rejects. */
export async function sendTogether(
  redis: Redis,
  fill: (pipeline: ChainableCommander) => void,
): Promise<unknown[]> {
  const pipeline = redis.pipeline()
  fill(pipeline)
  if (pipeline.length === 0) return []
  return ((await pipeline.exec()) ?? []).map(([error, reply]) => {
    if (error) throw error
    return reply
  })
}
