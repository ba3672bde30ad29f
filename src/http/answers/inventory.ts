import type { Static } from 'typebox'
import type { ZoneReport } from '../deps.ts'
import type { InventoryBody } from '../schemas/admin.ts'

export function inventoryView(zones: ZoneReport[]): Static<typeof InventoryBody> {
  return {
    in_sync: zones.every(({ inSync }) => inSync),
    zones: zones.map(({ eventId, zoneId, redis, postgres, inSync }) => ({
      event_id: eventId,
      zone_id: zoneId,
      redis,
      postgres,
      in_sync: inSync,
    })),
  }
}
