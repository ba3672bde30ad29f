import type { Static } from 'typebox'
import type { EventChange, NewEvent, ZoneChange } from '../catalogue/ports.ts'
import type { EventChangeBody, NewEventBody } from './schemas/event.ts'

/** A time that has the form of one and is none: the 61st second of a minute, for example. */
export class NoSuchTime extends Error {
  override readonly name = 'NoSuchTime'
  readonly statusCode = 400
}

/** @throws NoSuchTime */
export function newEventOf(
  body: Static<typeof NewEventBody>,
  organizerId: string,
  maxTicketsPerUser: number,
): NewEvent {
  return {
    slug: body.slug,
    name: body.name,
    description: body.description ?? '',
    organizerId,
    status: body.status ?? 'draft',
    saleOpensAtMs: epochMs(body.sale_opens_at),
    saleClosesAtMs: body.sale_closes_at == null ? null : epochMs(body.sale_closes_at),
    maxTicketsPerUser: body.max_tickets_per_user ?? maxTicketsPerUser,
    refundWindowHours: body.refund_window_hours ?? 0,
    queueRequired: body.queue_required ?? false,
    shows: body.shows.map((show) => ({
      name: show.name,
      venue: show.venue,
      startsAtMs: epochMs(show.starts_at),
      zones: show.zones.map((zone) => ({
        name: zone.name,
        capacity: zone.capacity,
        priceMinor: zone.price_minor,
        currency: zone.currency,
      })),
    })),
  }
}

/** Only what was given: a field that is absent stays as it is. @throws NoSuchTime */
export function eventChangeOf(body: Static<typeof EventChangeBody>): EventChange {
  const { sale_opens_at, sale_closes_at, max_tickets_per_user, refund_window_hours } = body
  return {
    ...(body.name !== undefined && { name: body.name }),
    ...(body.description !== undefined && { description: body.description }),
    ...(body.status !== undefined && { status: body.status }),
    ...(sale_opens_at !== undefined && {
      saleOpensAtMs: epochMs(sale_opens_at),
    }),
    ...(sale_closes_at !== undefined && {
      saleClosesAtMs: sale_closes_at === null ? null : epochMs(sale_closes_at),
    }),
    ...(max_tickets_per_user !== undefined && {
      maxTicketsPerUser: max_tickets_per_user,
    }),
    ...(refund_window_hours !== undefined && {
      refundWindowHours: refund_window_hours,
    }),
    ...(body.queue_required !== undefined && { queueRequired: body.queue_required }),
    ...(body.zones !== undefined && { zones: body.zones.map(zoneChangeOf) }),
  }
}

function zoneChangeOf(zone: NonNullable<Static<typeof EventChangeBody>['zones']>[number]): ZoneChange {
  return {
    id: zone.id.toLowerCase(),
    ...(zone.name !== undefined && { name: zone.name }),
    ...(zone.price_minor !== undefined && { priceMinor: zone.price_minor }),
    ...(zone.capacity !== undefined && { capacity: zone.capacity }),
  }
}

function epochMs(instant: string): number {
  const ms = Date.parse(instant)
  if (Number.isNaN(ms)) throw new NoSuchTime(`${instant} is not a time`)
  return ms
}
