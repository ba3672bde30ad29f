import { randomUUIDv7 } from 'node:crypto'
import type { NewEvent } from '../catalogue/ports.ts'
import { partitionOfEvent } from '../pipeline/partition.ts'
import type { Queryable } from './database.ts'

// One statement, so that an event never stands there without its zones. A slug that is taken inserts nothing at all.
const INSERT = `
WITH event AS (
  INSERT INTO events (id, slug, name, description, organizer_id, partition, status, sale_opens_at, sale_closes_at,
    max_tickets_per_user, refund_window_hours, queue_required)
  VALUES ($1, $2, $3, $4, $5, $6, $7, to_timestamp($8::float8 / 1000), to_timestamp($9::float8 / 1000), $10, $11, $14)
  ON CONFLICT (slug) DO NOTHING
  RETURNING id
), new_shows AS (
  INSERT INTO shows (id, event_id, name, venue, starts_at)
  SELECT s.id, event.id, s.name, s.venue, to_timestamp(s."startsAtMs" / 1000)
  FROM event, json_to_recordset($12::json) AS s(id uuid, name text, venue text, "startsAtMs" float8)
), new_zones AS (
  INSERT INTO zones (id, event_id, show_id, name, position, capacity, price_minor, currency)
  SELECT z.id, event.id, z."showId", z.name, z.position, z.capacity, z."priceMinor", z.currency
  FROM event, json_to_recordset($13::json) AS z(id uuid, "showId" uuid, name text, position int, capacity int,
    "priceMinor" int, currency text)
)
SELECT id FROM event`

/** Inserts an event with its shows and zones. @returns its id, or null when the slug is taken */
export async function insertEvent(db: Queryable, event: NewEvent): Promise<string | null> {
  const id = randomUUIDv7()
  const shows = event.shows.map((show) => ({ ...show, id: randomUUIDv7() }))
  const zones = shows.flatMap((show) =>
    show.zones.map((zone, position) => ({
      ...zone,
      position,
      id: randomUUIDv7(),
      showId: show.id,
    })),
  )
  const { rows } = await db.query<{ id: string }>({
    name: 'event_insert',
    text: INSERT,
    values: [
      id,
      event.slug,
      event.name,
      event.description,
      event.organizerId,
      partitionOfEvent(id),
      event.status,
      event.saleOpensAtMs,
      event.saleClosesAtMs,
      event.maxTicketsPerUser,
      event.refundWindowHours,
      JSON.stringify(shows.map(({ zones: _, ...show }) => show)),
      JSON.stringify(zones),
      event.queueRequired,
    ],
  })
  return rows[0]?.id ?? null
}
