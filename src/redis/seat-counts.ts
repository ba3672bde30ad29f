import { setTimeout as sleep } from 'node:timers/promises'
import type { LiveZone, OverLimit, SeatCounts } from '../booking/audit.ts'
import { allPartitions, partitionOfEvent } from '../pipeline/partition.ts'
import { zoneSeatsOf } from './inventory.ts'
import { dueKey, holdPrefix, inventoryKey, takenKey } from './keys.ts'
import type { RedisPool } from './redis-pool.ts'

const KEYS_PER_STEP = 200

/**
 * Counts seats in Redis, in steps that leave room for the sale. `restRatio` is how long it rests for each ms of a step: 4 takes a fifth of
 * the time of a core of Redis and of this process, however much there is to count.
 */
export function makeSeatCounts(redis: RedisPool, { restRatio = 0 } = {}): SeatCounts {
  /** @throws the signal's reason between two steps */
  async function paced<T>(step: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted()
    const startedMs = performance.now()
    const result = await step()
    const restMs = (performance.now() - startedMs) * restRatio
    if (restMs > 0) await sleep(restMs, undefined, signal && { signal })
    return result
  }

  async function addHeld(
    partition: number,
    zones: Map<string, LiveZone>,
    signal?: AbortSignal,
  ): Promise<void> {
    async function step(cursor: string): Promise<string> {
      const [next, flat] = await redis.at(partition, (connection) =>
        connection.zscan(dueKey(partition), cursor, 'COUNT', KEYS_PER_STEP),
      )
      const bookingIds = flat.filter((_, i) => i % 2 === 0)
      const holds = await redis.pipeline(partition, (pipeline) => {
        for (const bookingId of bookingIds) pipeline.hmget(holdPrefix(partition) + bookingId, 'z', 'q', 'r')
      })
      for (const [zoneId, quantity, refunding] of holds as (string | null)[][]) {
        // The seats of a booking that is being refunded are still counted as sold.
        const zone = zoneId && refunding === null ? zones.get(zoneId) : undefined
        if (zone) zone.held += Number(quantity)
      }
      return next
    }

    let cursor = '0'
    do cursor = await paced(() => step(cursor), signal)
    while (cursor !== '0')
  }

  return {
    async zones(eventIds, signal) {
      const zones = new Map<string, LiveZone>()
      const inventories = await redis.gather(eventIds, partitionOfEvent, (pipeline, eventId) =>
        pipeline.hgetall(inventoryKey(eventId)),
      )
      for (const fields of inventories as Record<string, string>[]) {
        for (const [zoneId, seats] of zoneSeatsOf(fields)) zones.set(zoneId, { ...seats, held: 0 })
      }
      for (const partition of allPartitions) await addHeld(partition, zones, signal)
      return zones
    },

    async overLimit(limits, signal) {
      const over: OverLimit[] = []
      for (const { eventId, maxTicketsPerUser } of limits) {
        for (let cursor = '0'; ; ) {
          const [next, flat] = await paced(
            () =>
              redis.at(partitionOfEvent(eventId), (connection) =>
                connection.hscan(takenKey(eventId), cursor, 'COUNT', KEYS_PER_STEP),
              ),
            signal,
          )
          for (let i = 0; i + 1 < flat.length; i += 2) {
            const seats = Number(flat[i + 1])
            if (seats > maxTicketsPerUser)
              over.push({
                eventId,
                userId: flat[i] as string,
                seats,
                maxTicketsPerUser,
              })
          }
          if (next === '0') break
          cursor = next
        }
      }
      return over
    },
  }
}
