import type { CatalogueEvent } from './model.ts'
import type { CapacityChange, ZoneChange } from './ports.ts'

export interface Resize {
  zoneId: string
  from: number
  to: number
}

/** The capacities that a change really changes. */
export function resizesOf(event: CatalogueEvent, changes: ZoneChange[]): Resize[] {
  const zones = new Map(event.shows.flatMap((show) => show.zones.map((zone) => [zone.id, zone] as const)))
  return changes.flatMap(({ id, capacity }) => {
    const zone = zones.get(id)
    if (!zone || capacity === undefined || capacity === zone.capacity) return []
    return [{ zoneId: id, from: zone.capacity, to: capacity }]
  })
}

export type ResizeOutcome =
  | { kind: 'changed' }
  | { kind: 'zone_not_found'; zoneId: string }
  | { kind: 'seats_taken'; zoneId: string; smallestCapacity: number }

/** Resizes zone by zone; when one is refused, those before it get their old size again. */
export async function resizeAll(
  capacity: CapacityChange,
  eventId: string,
  resizes: Resize[],
): Promise<ResizeOutcome> {
  for (const [i, { zoneId, to }] of resizes.entries()) {
    const outcome = await capacity.change(eventId, zoneId, to)
    if (outcome.kind === 'changed') continue
    await undo(capacity, eventId, resizes.slice(0, i))
    return { ...outcome, zoneId }
  }
  return { kind: 'changed' }
}

/** Gives shrunk zones their old size again. Growing is never refused. */
export async function undo(capacity: CapacityChange, eventId: string, resizes: Resize[]): Promise<void> {
  for (const { zoneId, from } of resizes) await capacity.change(eventId, zoneId, from)
}
