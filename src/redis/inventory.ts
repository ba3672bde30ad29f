import type { CatalogueEvent } from '../catalogue/model.ts'
import type { Inventory, LiveCapacity, ZoneLedger, ZoneSeats } from '../catalogue/ports.ts'
import { partitionOfEvent } from '../pipeline/partition.ts'
import { Unavailable } from '../pipeline/unavailable.ts'
import { generationKey, inventoryKey } from './keys.ts'
import type { RedisPool } from './redis-pool.ts'

/** Five arguments a zone; Lua's stack carries some thousands. */
const ZONES_PER_CALL = 500

/** The stock of events, live. */
export function makeInventory(redis: RedisPool, zones: ZoneLedger): Inventory & LiveCapacity {
  function load(event: CatalogueEvent, stock: readonly (string | number)[]): Promise<unknown> {
    return redis.script('load', { inventory: inventoryKey(event.id) }, saleArguments(event), stock)
  }

  return {
    async seats(eventId) {
      const fields = await redis.at(partitionOfEvent(eventId), (connection) =>
        connection.hgetall(inventoryKey(eventId)),
      )
      return zoneSeatsOf(fields)
    },

    async publishSale(event) {
      await load(event, [])
    },

    async loadMissing(event) {
      const missing = await zones.notYetLoaded(event.id)
      for (let i = 0; i < missing.length || i === 0; i += ZONES_PER_CALL) {
        const some = missing.slice(i, i + ZONES_PER_CALL)
        await load(
          event,
          some.flatMap((zone) => [zone.zoneId, zone.capacity, zone.capacity, 0, zone.capacityVersion]),
        )
        if (some.length > 0) await zones.markLoaded(some.map(({ zoneId }) => zoneId))
      }
    },

    async apply(eventId, zoneId, capacity, capacityVersion) {
      const keys = {
        inventory: inventoryKey(eventId),
        generation: generationKey(partitionOfEvent(eventId)),
      }
      const [kind, detail] = (await redis.script('zone_capacity', keys, {
        zone_id: zoneId,
        capacity,
        version: capacityVersion,
      })) as ['changed' | 'unchanged' | 'seats_taken' | 'not_loaded', string | number]
      switch (kind) {
        case 'changed':
          return { kind, generation: Number(detail) }
        case 'seats_taken':
          return { kind, smallestCapacity: Number(detail) }
        case 'unchanged':
          return { kind }
        case 'not_loaded':
          throw new Unavailable(`inventory of event ${eventId} (not loaded)`)
        default:
          return kind satisfies never
      }
    },
  }
}

/** The arguments of load.lua that say whether and when an event sells. */
export function saleArguments(
  event: Pick<CatalogueEvent, 'version' | 'status' | 'saleOpensAtMs' | 'saleClosesAtMs'>,
) {
  return {
    version: event.version,
    sale: event.status,
    opens_ms: event.saleOpensAtMs,
    closes_ms: event.saleClosesAtMs ?? '',
  }
}

/** Reads an inventory hash; a zone whose stock is missing is left out. */
export function zoneSeatsOf(fields: Readonly<Record<string, string>>): Map<string, ZoneSeats> {
  const seats = new Map<string, ZoneSeats>()
  for (const [field, available] of Object.entries(fields)) {
    if (!field.startsWith('a:')) continue
    const zoneId = field.slice(2)
    const sold = Number(fields[`s:${zoneId}`] ?? 0)
    const capacity = Number(fields[`c:${zoneId}`] ?? 0)
    seats.set(zoneId, { available: Number(available), sold, capacity })
  }
  return seats
}
