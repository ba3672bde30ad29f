import type { ZoneLedger } from '../catalogue/ports.ts'
import { tokens } from './booking-row.ts'
import type { Database } from './database.ts'
import { shareFences } from './locks.ts'

export function makeZoneLedger(database: Database): ZoneLedger {
  return {
    async notYetLoaded(eventId) {
      const { rows } = await database.query<{
        id: string
        capacity: number
        capacity_version: number
      }>({
        name: 'zones_not_yet_loaded',
        text: 'SELECT id, capacity, capacity_version FROM zones WHERE event_id = $1 AND loaded_at IS NULL ORDER BY id',
        values: [eventId],
      })
      return rows.map((row) => ({
        zoneId: row.id,
        capacity: row.capacity,
        capacityVersion: row.capacity_version,
      }))
    },

    async markLoaded(zoneIds) {
      await database.query({
        name: 'mark_zones_loaded',
        text: 'UPDATE zones SET loaded_at = now() WHERE id = ANY ($1::uuid[]) AND loaded_at IS NULL',
        values: [tokens(zoneIds)],
      })
    },

    async numberChange(eventId, zoneId) {
      const { rows } = await database.query<{
        capacity: number
        capacity_version: number
      }>({
        name: 'number_capacity_change',
        text: `UPDATE zones SET capacity_version = capacity_version + 1 WHERE id = $2 AND event_id = $1
          RETURNING capacity, capacity_version`,
        values: [eventId, zoneId],
      })
      const [row] = rows
      return row ? { capacity: row.capacity, capacityVersion: row.capacity_version } : null
    },

    storeCapacity(zoneId, capacity, capacityVersion, fence) {
      return database.transaction(async (client) => {
        if (fence) await shareFences(client, [fence.partition])
        const { rows } = await client.query({
          name: 'store_capacity',
          text: `UPDATE zones SET capacity = $2 WHERE id = $1 AND capacity_version = $3
            AND ($4::int IS NULL OR EXISTS (SELECT FROM generation WHERE partition = $4 AND generation = $5))
            RETURNING id`,
          values: [zoneId, capacity, capacityVersion, fence?.partition ?? null, fence?.generation ?? null],
        })
        return rows.length === 1
      })
    },
  }
}
