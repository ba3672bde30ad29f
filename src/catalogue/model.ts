/** `draft` and `closed` do not sell; `cancelled` never sells again and gives its seats' money back. */
export type EventStatus = 'draft' | 'on_sale' | 'closed' | 'cancelled'

export interface Zone {
  id: string
  name: string
  /** Seats that can be sold in all, sold ones included. */
  capacity: number
  priceMinor: number
  /** ISO 4217 */
  currency: string
}

export interface Show {
  id: string
  name: string
  venue: string
  startsAtMs: number
  zones: Zone[]
}

/** An event with everything a reservation needs to be priced. Times are epoch milliseconds. */
export interface CatalogueEvent {
  id: string
  slug: string
  name: string
  description: string
  organizerId: string
  status: EventStatus
  saleOpensAtMs: number
  /** null: open end */
  saleClosesAtMs: number | null
  maxTicketsPerUser: number
  /** How long after its confirmation a holder may ask for a refund themselves. 0: not at all. */
  refundWindowHours: number
  /** Whether a reservation needs a pass of the event's queue. */
  queueRequired: boolean
  /** Grows with every change; Redis refuses a reservation that was priced by another version. */
  version: number
  createdAtMs: number
  updatedAtMs: number
  shows: Show[]
}

export interface ZoneOfEvent {
  show: Show
  zone: Zone
}

/** The zone and the show it belongs to, or null when the event has no such zone (in that show). */
export function findZone(event: CatalogueEvent, zoneId: string, showId: string | null): ZoneOfEvent | null {
  for (const show of event.shows) {
    if (showId !== null && show.id !== showId) continue
    const zone = show.zones.find(({ id }) => id === zoneId)
    if (zone) return { show, zone }
  }
  return null
}
