import type { CatalogueEvent, EventStatus, Show, Zone } from './model.ts'

/** What an organizer may give when creating an event. Ids, version and times of change are made here. */
export interface NewEvent
  extends Pick<
    CatalogueEvent,
    | 'slug'
    | 'name'
    | 'description'
    | 'organizerId'
    | 'status'
    | 'saleOpensAtMs'
    | 'saleClosesAtMs'
    | 'maxTicketsPerUser'
    | 'refundWindowHours'
    | 'queueRequired'
  > {
  shows: (Omit<Show, 'id' | 'zones'> & { zones: Omit<Zone, 'id'>[] })[]
}

/** Fields that may change on a living event; zones are matched by id, and those without one are added. */
export interface EventChange {
  name?: string
  description?: string
  status?: Exclude<EventStatus, 'cancelled'>
  saleOpensAtMs?: number
  saleClosesAtMs?: number | null
  maxTicketsPerUser?: number
  refundWindowHours?: number
  queueRequired?: boolean
  zones?: ZoneChange[]
}

export interface ZoneChange {
  id: string
  name?: string
  priceMinor?: number
  capacity?: number
}

/** The catalogue as PostgreSQL keeps it. */
export interface CatalogueStore {
  find(idOrSlug: string): Promise<CatalogueEvent | null>
  /** Newest first; `before` is the id that the last page ended on. Drafts are shown to their organizer only. */
  list(page: {
    before: string | null
    limit: number
    includeDraftsOf: string | null
  }): Promise<CatalogueEvent[]>
  /** @returns null when the slug is taken */
  insert(event: NewEvent): Promise<CatalogueEvent | null>
  /** Changes names, prices, times and state, and raises the version. Capacities change by `CapacityChange`. */
  update(eventId: string, change: EventChange): Promise<CatalogueEvent | null>
  cancel(eventId: string): Promise<CatalogueEvent | null>
}

/** Reads an event for a reservation: fast, from memory, at most a few seconds old. */
export interface Catalogue {
  get(idOrSlug: string): Promise<CatalogueEvent | null>
  /** Reads past the cache, because something showed that it was old. */
  refresh(eventId: string): Promise<CatalogueEvent | null>
}

export interface ZoneSeats {
  available: number
  sold: number
  capacity: number
}

/** Live stock. A zone that is missing from the answer is not loaded; that is never the same as zero. */
export interface Inventory {
  seats(eventId: string): Promise<Map<string, ZoneSeats>>
  /** Brings sale state, times and version up to the catalogue's. An older version changes nothing. */
  publishSale(event: CatalogueEvent): Promise<void>
  /** Loads zones that the store does not have yet, from what PostgreSQL knows of them. Never overwrites. */
  loadMissing(event: CatalogueEvent): Promise<void>
}

/** Which zones the live stock should have: PostgreSQL's side of loading. */
export interface ZoneLedger {
  /** Zones that were never in Redis, so that no seat of theirs can be held or sold. */
  notYetLoaded(eventId: string): Promise<{ zoneId: string; capacity: number; capacityVersion: number }[]>
  markLoaded(zoneIds: string[]): Promise<void>
  /** Numbers a change of capacity: later numbers win in both stores. null: no such zone in this event. */
  numberChange(eventId: string, zoneId: string): Promise<{ capacity: number; capacityVersion: number } | null>
  /**
   * Stores a capacity.
   *
   * @param generation what the seat store was when it agreed; null when it was not asked yet
   * @returns false when a later change was numbered meanwhile, or the seat store was rebuilt since
   */
  storeCapacity(
    zoneId: string,
    capacity: number,
    capacityVersion: number,
    fence: { partition: number; generation: number } | null,
  ): Promise<boolean>
}

/** Changes a loaded zone's capacity in the live stock, if its seats allow it. */
export interface LiveCapacity {
  apply(
    eventId: string,
    zoneId: string,
    capacity: number,
    capacityVersion: number,
  ): Promise<
    | { kind: 'changed'; generation: number }
    | { kind: 'unchanged' }
    | { kind: 'seats_taken'; smallestCapacity: number }
  >
}

export type CapacityOutcome =
  | { kind: 'changed' }
  | { kind: 'zone_not_found' }
  | { kind: 'seats_taken'; smallestCapacity: number }

/** Changes a zone's capacity in both stores while it sells. Shrinks only to what is unsold and not held. */
export interface CapacityChange {
  change(eventId: string, zoneId: string, capacity: number): Promise<CapacityOutcome>
}
