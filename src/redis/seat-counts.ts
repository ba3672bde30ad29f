import type { LiveZone, OverLimit, SeatCounts } from '../booking/audit.ts'
import { allPartitions } from '../pipeline/partition.ts'
import { zoneSeatsOf } from './inventory.ts'
import { dueKey, holdPrefix, inventoryKey, takenKey } from './keys.ts'
import type { RedisPool } from './redis-pool.ts'

const KEYS_PER_STEP = 500

/** Counts seats in Redis, in steps that leave room for the sale. */
export function makeSeatCounts(redis: RedisPool): SeatCounts {
  async function addHeld(partition: number, zones: Map<string, LiveZone>): Promise<void> {
    for (let cursor = '0'; ; ) {
      const [next, flat] = await redis.run((connection) =>
        connection.zscan(dueKey(partition), cursor, 'COUNT', KEYS_PER_STEP),
      )
      const bookingIds = flat.filter((_, i) => i % 2 === 0)
      const holds = await redis.pipeline((pipeline) => {
        for (const bookingId of bookingIds) pipeline.hmget(holdPrefix(partition) + bookingId, 'z', 'q', 'r')
      })
      for (const [zoneId, quantity, refunding] of holds as (string | null)[][]) {
        // The seats of a booking that is being refunded are still counted as sold.
        const zone = zoneId && refunding === null ? zones.get(zoneId) : undefined
        if (zone) zone.held += Number(quantity)
      }
      if (next === '0') return
      cursor = next
    }
  }

  return {
    async zones(eventIds) {
      const zones = new Map<string, LiveZone>()
      const inventories = await redis.pipeline((pipeline) => {
        for (const eventId of eventIds) pipeline.hgetall(inventoryKey(eventId))
      })
      for (const fields of inventories as Record<string, string>[]) {
        for (const [zoneId, seats] of zoneSeatsOf(fields)) zones.set(zoneId, { ...seats, held: 0 })
      }
      for (const partition of allPartitions) await addHeld(partition, zones)
      return zones
    },

    async overLimit(limits) {
      const over: OverLimit[] = []
      for (const { eventId, maxTicketsPerUser } of limits) {
        for (let cursor = '0'; ; ) {
          const [next, flat] = await redis.run((connection) =>
            connection.hscan(takenKey(eventId), cursor, 'COUNT', KEYS_PER_STEP),
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
