import type { Static } from 'typebox'
import type { EventWithSeats } from '../../catalogue/browse.ts'
import type { AvailabilityBody, EventBody } from '../schemas/event.ts'
import { instant } from './instant.ts'

export function eventView({ event, seats }: EventWithSeats): Static<typeof EventBody> {
  return {
    id: event.id,
    slug: event.slug,
    name: event.name,
    description: event.description,
    organizer_id: event.organizerId,
    ...saleView(event),
    max_tickets_per_user: event.maxTicketsPerUser,
    refund_window_hours: event.refundWindowHours,
    queue_required: event.queueRequired,
    version: event.version,
    created_at: instant(event.createdAtMs),
    updated_at: instant(event.updatedAtMs),
    shows: event.shows.map((show) => ({
      id: show.id,
      name: show.name,
      venue: show.venue,
      starts_at: instant(show.startsAtMs),
      zones: show.zones.map((zone) => ({
        id: zone.id,
        name: zone.name,
        capacity: zone.capacity,
        price_minor: zone.priceMinor,
        currency: zone.currency,
        available: seats.get(zone.id)?.available ?? null,
      })),
    })),
  }
}

export function availabilityView({ event, seats }: EventWithSeats): Static<typeof AvailabilityBody> {
  return {
    event_id: event.id,
    ...saleView(event),
    zones: event.shows.flatMap((show) =>
      show.zones.map((zone) => ({
        show_id: show.id,
        zone_id: zone.id,
        capacity: seats.get(zone.id)?.capacity ?? zone.capacity,
        price_minor: zone.priceMinor,
        currency: zone.currency,
        available: seats.get(zone.id)?.available ?? null,
      })),
    ),
  }
}

function saleView({ status, saleOpensAtMs, saleClosesAtMs }: EventWithSeats['event']) {
  return {
    status,
    sale_opens_at: instant(saleOpensAtMs),
    sale_closes_at: saleClosesAtMs === null ? null : instant(saleClosesAtMs),
  }
}
