import type { CatalogueEvent } from './model.ts'
import { type Person, runsEvent } from './organizer.ts'
import type { Catalogue, CatalogueStore, Inventory } from './ports.ts'

export type CancelEventOutcome =
  | { kind: 'cancelled'; event: CatalogueEvent }
  | { kind: 'not_found' }
  | { kind: 'forbidden' }

export type CancelEvent = (command: { eventId: string; person: Person }) => Promise<CancelEventOutcome>

/**
 * Cancels an event: it never sells again. Its bookings are given back by a worker that looks for cancelled events
 * that still have some. Cancelling twice is the same as once.
 * @throws Unavailable when a store is away. When it was the seat store, the event is cancelled in PostgreSQL, and
 * the loader stops its sale in Redis within a second of its return; asking again is safe.
 */
export function makeCancelEvent(deps: {
  store: CatalogueStore
  catalogue: Catalogue
  inventory: Inventory
}): CancelEvent {
  const { store, catalogue, inventory } = deps
  return async ({ eventId, person }) => {
    const known = await store.find(eventId)
    if (!known) return { kind: 'not_found' }
    if (!runsEvent(person, known)) return { kind: 'forbidden' }
    const event = known.status === 'cancelled' ? known : await store.cancel(eventId)
    if (!event) return { kind: 'not_found' }
    await catalogue.refresh(eventId)
    await inventory.publishSale(event)
    return { kind: 'cancelled', event }
  }
}
