import type { Settlement } from '../booking/ports.ts'
import { partitionOfBooking } from '../pipeline/partition.ts'
import { dueKey, freedKey, holdKey, holdsOfUserKey, inventoryKey, takenKey } from './keys.ts'
import type { RedisPool } from './redis-pool.ts'

/** How long it is remembered that a refund's seats were freed: longer than any request that could free them again. */
const FREED_TTL_SECONDS = 3600

/** Applies stored endings to the seats, one call of settle.lua each, sent together. */
export function makeSettlement(redis: RedisPool): Settlement {
  return {
    async settle(endings) {
      const replies = await redis.scripts(
        'settle',
        endings.map(({ bookingId, userId, eventId, status }) => {
          const partition = partitionOfBooking(bookingId)
          return {
            keys: {
              inventory: inventoryKey(eventId),
              taken: takenKey(eventId),
              hold: holdKey(bookingId),
              due: dueKey(partition),
              holds_of_user: holdsOfUserKey(partition, userId),
              freed: freedKey(bookingId),
            },
            argv: { booking_id: bookingId, status, freed_ttl_s: FREED_TTL_SECONDS },
          }
        }),
      )
      return replies.filter((reply) => reply !== 'not_loaded').length
    },
  }
}
