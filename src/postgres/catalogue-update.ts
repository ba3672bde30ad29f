import type { EventChange } from '../catalogue/ports.ts'
import type { Queryable } from './database.ts'

// The row lock on the event orders concurrent changes, and each raises the version by one. Sale times that would
// not fit, because another change came between, change nothing.
const UPDATE = `
WITH changed AS (
  UPDATE events SET
    name = coalesce($2, name),
    description = coalesce($3, description),
    status = coalesce($4, status),
    sale_opens_at = coalesce(to_timestamp($5::float8 / 1000), sale_opens_at),
    sale_closes_at = CASE WHEN $6::boolean THEN to_timestamp($7::float8 / 1000) ELSE sale_closes_at END,
    max_tickets_per_user = coalesce($8::int, max_tickets_per_user),
    max_tickets_highest = greatest(max_tickets_highest, max_tickets_per_user, $8::int),
    refund_window_hours = coalesce($9::int, refund_window_hours),
    queue_required = coalesce($11::boolean, queue_required),
    version = version + 1,
    updated_at = now()
  WHERE id = $1 AND status <> 'cancelled'
    AND coalesce(CASE WHEN $6::boolean THEN to_timestamp($7::float8 / 1000) ELSE sale_closes_at END, 'infinity')
      > coalesce(to_timestamp($5::float8 / 1000), sale_opens_at)
  RETURNING id
), changed_zones AS (
  UPDATE zones z SET name = coalesce(c.name, z.name), price_minor = coalesce(c."priceMinor", z.price_minor)
  FROM changed, json_to_recordset($10::json) AS c(id uuid, name text, "priceMinor" int)
  WHERE z.event_id = changed.id AND z.id = c.id AND (c.name IS NOT NULL OR c."priceMinor" IS NOT NULL)
)
SELECT id FROM changed`

/**
 * Changes everything about an event but capacities, and raises its version. @returns whether there was such an
 * event
 */
export async function updateEvent(db: Queryable, eventId: string, change: EventChange): Promise<boolean> {
  const { rows } = await db.query<{ id: string }>({
    name: 'event_update',
    text: UPDATE,
    values: [
      eventId,
      change.name ?? null,
      change.description ?? null,
      change.status ?? null,
      change.saleOpensAtMs ?? null,
      change.saleClosesAtMs !== undefined,
      change.saleClosesAtMs ?? null,
      change.maxTicketsPerUser ?? null,
      change.refundWindowHours ?? null,
      JSON.stringify(change.zones ?? []),
      change.queueRequired ?? null,
    ],
  })
  return rows.length > 0
}
