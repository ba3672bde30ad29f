import type { CatalogueEvent, EventStatus } from '../catalogue/model.ts'

/** Every column of an event, with its shows and zones as JSON: one statement, so one moment's picture. */
export const SELECT_EVENT = `
SELECT e.id, e.slug, e.name, e.description, e.organizer_id, e.status, e.sale_opens_at, e.sale_closes_at,
  e.max_tickets_per_user, e.refund_window_hours, e.queue_required, e.version, e.created_at, e.updated_at,
  (SELECT coalesce(json_agg(json_build_object('id', s.id, 'name', s.name, 'venue', s.venue,
      'startsAtMs', (extract(epoch FROM s.starts_at) * 1000)::bigint,
      'zones', (SELECT coalesce(json_agg(json_build_object('id', z.id, 'name', z.name, 'capacity', z.capacity,
          'priceMinor', z.price_minor, 'currency', z.currency) ORDER BY z.position), '[]')
        FROM zones z WHERE z.event_id = e.id AND z.show_id = s.id)) ORDER BY s.starts_at, s.id), '[]')
   FROM shows s WHERE s.event_id = e.id) AS shows
FROM events e`

export interface EventRow {
  id: string
  slug: string
  name: string
  description: string
  organizer_id: string
  status: EventStatus
  sale_opens_at: Date
  sale_closes_at: Date | null
  max_tickets_per_user: number
  refund_window_hours: number
  queue_required: boolean
  version: number
  created_at: Date
  updated_at: Date
  shows: CatalogueEvent['shows']
}

export function eventOfRow(row: EventRow): CatalogueEvent {
  return {
    id: row.id,
    slug: row.slug,
    name: row.name,
    description: row.description,
    organizerId: row.organizer_id,
    status: row.status,
    saleOpensAtMs: row.sale_opens_at.getTime(),
    saleClosesAtMs: row.sale_closes_at?.getTime() ?? null,
    maxTicketsPerUser: row.max_tickets_per_user,
    refundWindowHours: row.refund_window_hours,
    queueRequired: row.queue_required,
    version: row.version,
    createdAtMs: row.created_at.getTime(),
    updatedAtMs: row.updated_at.getTime(),
    shows: row.shows,
  }
}
