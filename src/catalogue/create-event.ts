import { Unavailable } from '../pipeline/unavailable.ts'
import type { CatalogueEvent } from './model.ts'
import type { Catalogue, CatalogueStore, Inventory, NewEvent } from './ports.ts'
import { saleTimesFit } from './sale-times.ts'

export type CreateEventOutcome =
  | { kind: 'created'; event: CatalogueEvent }
  | { kind: 'slug_taken' }
  | { kind: 'sale_times_invalid' }

export type CreateEvent = (event: NewEvent) => Promise<CreateEventOutcome>

/**
 * Creates an event with its shows and zones, and loads its seats. Once PostgreSQL has committed, the event exists,
 * and saying anything else would be wrong: while the seat store is away it is created all the same, its seats are
 * shown as unknown, and the loader brings them within a second of the store's return.
 * @throws Unavailable when the catalogue's own store is away; the event may then have been created
 */
export function makeCreateEvent(deps: {
  store: CatalogueStore
  catalogue: Catalogue
  inventory: Inventory
}): CreateEvent {
  const { store, catalogue, inventory } = deps
  return async (newEvent) => {
    if (!saleTimesFit(newEvent.saleOpensAtMs, newEvent.saleClosesAtMs)) return { kind: 'sale_times_invalid' }
    const event = await store.insert(newEvent)
    if (!event) return { kind: 'slug_taken' }
    try {
      await catalogue.refresh(event.id)
      await inventory.loadMissing(event)
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error
    }
    return { kind: 'created', event }
  }
}
