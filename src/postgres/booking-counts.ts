import type { BookingCounts } from '../booking/audit.ts'
import type { Queryable } from './database.ts'

/** A limit that was lowered goes for seats that are taken from then on. */
const HIGHEST = 'greatest(e.max_tickets_highest, e.max_tickets_per_user)'

/** Counts seats in PostgreSQL; one statement, so one moment's picture. */
export function makeBookingCounts(database: Queryable): BookingCounts {
  return {
    async zones() {
      const { rows } = await database.query<{
        event_id: string
        event_name: string
        on_sale: boolean
        zone_id: string
        zone_name: string
        capacity: number
        sold: number
        confirmed: number
        reserved: number
      }>({
        name: 'audit_zones',
        text: `
          SELECT e.id AS event_id, e.name AS event_name,
            e.status = 'on_sale' AND coalesce(e.sale_closes_at > now(), true) AS on_sale,
            z.id AS zone_id, z.name AS zone_name, z.capacity, z.sold,
            coalesce(b.confirmed, 0)::int AS confirmed, coalesce(b.reserved, 0)::int AS reserved
          FROM zones z JOIN events e ON e.id = z.event_id
          LEFT JOIN (
            SELECT zone_id, sum(quantity) FILTER (WHERE status = 'confirmed') AS confirmed,
              sum(quantity) FILTER (WHERE status = 'reserved') AS reserved
            FROM bookings WHERE status IN ('reserved', 'confirmed') GROUP BY zone_id
          ) b ON b.zone_id = z.id
          ORDER BY e.id, z.show_id, z.position`,
      })
      return rows.map((row) => ({
        eventId: row.event_id,
        eventName: row.event_name,
        onSale: row.on_sale,
        zoneId: row.zone_id,
        zoneName: row.zone_name,
        capacity: row.capacity,
        sold: row.sold,
        confirmed: row.confirmed,
        reserved: row.reserved,
      }))
    },

    async limits() {
      const { rows } = await database.query<{ id: string; max: number }>({
        name: 'audit_limits',
        text: `SELECT e.id, ${HIGHEST} AS max FROM events e`,
      })
      return rows.map((row) => ({
        eventId: row.id,
        maxTicketsPerUser: row.max,
      }))
    },

    async overLimit() {
      const { rows } = await database.query<{
        event_id: string
        user_id: string
        seats: number
        max: number
      }>({
        name: 'audit_over_limit',
        text: `
          SELECT b.event_id, b.user_id, sum(b.quantity)::int AS seats, ${HIGHEST} AS max
          FROM bookings b JOIN events e ON e.id = b.event_id WHERE b.status IN ('reserved', 'confirmed')
          GROUP BY b.event_id, b.user_id, e.id
          HAVING sum(b.quantity) > ${HIGHEST} LIMIT 100`,
      })
      return rows.map((row) => ({
        eventId: row.event_id,
        userId: row.user_id,
        seats: row.seats,
        maxTicketsPerUser: row.max,
      }))
    },

    async rejectedEntries() {
      const { rows } = await database.query<{ entries: number }>({
        name: 'audit_rejected',
        text: 'SELECT count(*)::int AS entries FROM wal_rejected',
      })
      return rows[0]?.entries ?? 0
    },
  }
}
