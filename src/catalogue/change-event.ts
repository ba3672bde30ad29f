import type { CatalogueEvent } from './model.ts'
import { type Person, runsEvent } from './organizer.ts'
import type { CapacityChange, Catalogue, CatalogueStore, EventChange, Inventory } from './ports.ts'
import { type ResizeOutcome, resizeAll, resizesOf, undo } from './resize.ts'
import { saleTimesFit } from './sale-times.ts'

export interface ChangeEventCommand {
  eventId: string
  person: Person
  change: EventChange
}

export type ChangeEventOutcome =
  | { kind: 'changed'; event: CatalogueEvent }
  | { kind: 'not_found' }
  | { kind: 'forbidden' }
  | { kind: 'cancelled' }
  | { kind: 'sale_times_invalid' }
  | { kind: 'zone_given_twice'; zoneId: string }
  | Exclude<ResizeOutcome, { kind: 'changed' }>

export type ChangeEvent = (command: ChangeEventCommand) => Promise<ChangeEventOutcome>

/**
 * Changes an event that may be selling. A refusal changes nothing: whatever can be refused is done first. So zones
 * shrink first (one that cannot gives those before it their size back), then everything PostgreSQL keeps changes in
 * one statement, then zones grow, and last the seat store learns of prices and sale times.
 * @throws Unavailable when a store is away. What was committed stays; a change says what shall be, not by how much,
 * so asking again completes it, and the loader brings the seat store up to PostgreSQL within a second of its
 * return.
 */
export function makeChangeEvent(deps: {
  store: CatalogueStore
  catalogue: Catalogue
  inventory: Inventory
  capacity: CapacityChange
}): ChangeEvent {
  const { store, catalogue, inventory, capacity } = deps
  return async ({ eventId, person, change }) => {
    const known = await store.find(eventId)
    if (!known) return { kind: 'not_found' }
    if (!runsEvent(person, known)) return { kind: 'forbidden' }
    const refusal = refusalOf(known, change)
    if (refusal) return refusal

    const resizes = resizesOf(known, change.zones ?? [])
    const shrinking = resizes.filter(({ from, to }) => to < from)
    const shrunk = await resizeAll(capacity, eventId, shrinking)
    if (shrunk.kind !== 'changed') return shrunk

    if (hasMoreThanCapacities(change) && !(await store.update(eventId, change))) {
      await undo(capacity, eventId, shrinking)
      return (await refusalNow(eventId, change)) ?? { kind: 'not_found' }
    }
    const grown = await resizeAll(
      capacity,
      eventId,
      resizes.filter(({ from, to }) => to > from),
    )
    if (grown.kind !== 'changed') return grown

    const event = await catalogue.refresh(eventId)
    if (!event) return { kind: 'not_found' }
    await inventory.publishSale(event)
    return { kind: 'changed', event }
  }

  /** Why the store refused what a moment ago was fine: somebody else changed the event meanwhile. */
  async function refusalNow(eventId: string, change: EventChange): Promise<ChangeEventOutcome | null> {
    const event = await store.find(eventId)
    return event && refusalOf(event, change)
  }
}

function refusalOf(event: CatalogueEvent, change: EventChange): ChangeEventOutcome | null {
  if (event.status === 'cancelled') return { kind: 'cancelled' }
  const opensAtMs = change.saleOpensAtMs ?? event.saleOpensAtMs
  const closesAtMs = change.saleClosesAtMs === undefined ? event.saleClosesAtMs : change.saleClosesAtMs
  if (!saleTimesFit(opensAtMs, closesAtMs)) return { kind: 'sale_times_invalid' }

  const zoneIds = new Set(event.shows.flatMap((show) => show.zones.map(({ id }) => id)))
  for (const { id } of change.zones ?? []) {
    if (!zoneIds.has(id)) return { kind: 'zone_not_found', zoneId: id }
  }
  const seen = new Set<string>()
  for (const { id } of change.zones ?? []) {
    if (seen.has(id)) return { kind: 'zone_given_twice', zoneId: id }
    seen.add(id)
  }
  return null
}

function hasMoreThanCapacities({ zones = [], ...fields }: EventChange): boolean {
  if (Object.keys(fields).length > 0) return true
  return zones.some(({ name, priceMinor }) => name !== undefined || priceMinor !== undefined)
}
