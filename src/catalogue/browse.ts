import { Unavailable } from '../pipeline/unavailable.ts'
import type { CatalogueEvent } from './model.ts'
import { type Person, runsEvent } from './organizer.ts'
import type { Catalogue, CatalogueStore, Inventory, ZoneSeats } from './ports.ts'

/**
 * An event and what is known of its seats at the moment; a zone that is missing in `seats` is not known, not empty.
 */
export interface EventWithSeats {
  event: CatalogueEvent
  seats: ReadonlyMap<string, ZoneSeats>
}

export interface EventPage {
  items: EventWithSeats[]
  /** Give it as `before` to read on; null at the end. */
  next: string | null
}

/** What anybody may see of the catalogue. Drafts are seen by those who run them. */
export interface Browse {
  /** Newest first. */
  list(page: { before: string | null; limit: number }, viewer: Person | null): Promise<EventPage>
  find(idOrSlug: string, viewer: Person | null): Promise<CatalogueEvent | null>
  /** While the seat store is away the event is shown without its seats. */
  get(idOrSlug: string, viewer: Person | null): Promise<EventWithSeats | null>
  /** @throws Unavailable while the seat store is away */
  availability(idOrSlug: string, viewer: Person | null): Promise<EventWithSeats | null>
}

export function makeBrowse(deps: {
  catalogue: Catalogue
  store: CatalogueStore
  inventory: Inventory
}): Browse {
  const { catalogue, store, inventory } = deps

  async function find(idOrSlug: string, viewer: Person | null): Promise<CatalogueEvent | null> {
    const event = await catalogue.get(idOrSlug)
    if (event?.status === 'draft' && !runsEvent(viewer, event)) return null
    return event
  }

  async function withSeatsIfKnown(event: CatalogueEvent): Promise<EventWithSeats> {
    try {
      return { event, seats: await inventory.seats(event.id) }
    } catch (error) {
      if (error instanceof Unavailable) return { event, seats: new Map() }
      throw error
    }
  }

  return {
    async list({ before, limit }, viewer) {
      const includeDraftsOf = viewer !== null && viewer.role !== 'customer' ? viewer.userId : null
      const events = await store.list({
        before,
        limit: limit + 1,
        includeDraftsOf,
      })
      const items = await Promise.all(events.slice(0, limit).map(withSeatsIfKnown))
      return {
        items,
        next: events.length > limit ? (items.at(-1)?.event.id ?? null) : null,
      }
    },

    find,

    async get(idOrSlug, viewer) {
      const event = await find(idOrSlug, viewer)
      return event && withSeatsIfKnown(event)
    },

    async availability(idOrSlug, viewer) {
      const event = await find(idOrSlug, viewer)
      return event && { event, seats: await inventory.seats(event.id) }
    },
  }
}
