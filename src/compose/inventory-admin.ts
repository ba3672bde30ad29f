import type { Audit, AuditedZone } from '../booking/audit.ts'
import type { InventoryAdmin, ZoneReport } from '../http/deps.ts'
import { Unavailable } from '../pipeline/unavailable.ts'
import type { ReconcileResult } from '../workers/reconcile.ts'

/** What an administrator may do to the inventory: look, and have Redis rebuilt. Numbers are never written from here. */
export function makeInventoryAdmin(deps: {
  audit: Audit
  reconcile: (force: boolean) => Promise<ReconcileResult>
}): InventoryAdmin {
  async function status(): Promise<ZoneReport[]> {
    const { zones } = await deps.audit({ withLimits: false })
    return zones.map(reportOf)
  }
  return {
    status,
    async sync({ force }) {
      const result = await deps.reconcile(force)
      if (result.kind === 'elsewhere') throw new Unavailable('redis (another process is rebuilding it)')
      return status()
    },
  }
}

function reportOf({ stored, live }: AuditedZone): ZoneReport {
  const { eventId, zoneId, capacity, sold, reserved } = stored
  const postgres = {
    capacity,
    available: capacity - sold - reserved,
    held: reserved,
    sold,
  }
  const inSync = live !== null && live.capacity === capacity && live.available === postgres.available
  return { eventId, zoneId, redis: live, postgres, inSync }
}
