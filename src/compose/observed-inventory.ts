import type { AuditedZone } from '../booking/audit.ts'
import type { Metrics } from '../telemetry/metrics.ts'

/** Zones with series of their own. */
const MAX_ZONES = 500

/** Shows the seats of events on sale, as the auditor saw them in Redis. What is over has no series any more. */
export function showSeats(metrics: Metrics, zones: readonly AuditedZone[]): void {
  const onSale = zones.filter(({ stored, live }) => stored.onSale && live !== null)
  metrics.seats.reset()
  for (const { stored, live } of onSale.slice(0, MAX_ZONES)) {
    if (!live) continue
    const labels = { event: stored.eventId, zone: stored.zoneId }
    metrics.seats.set({ ...labels, state: 'available' }, live.available)
    metrics.seats.set({ ...labels, state: 'held' }, live.held)
    metrics.seats.set({ ...labels, state: 'sold' }, live.sold)
  }
  metrics.hiddenZones.set(Math.max(0, onSale.length - MAX_ZONES))
}
