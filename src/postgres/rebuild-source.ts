import type { QueryResultRow } from 'pg'
import type { EventStatus } from '../catalogue/model.ts'
import type { EventStock, RebuildSource } from '../pipeline/rebuild-ports.ts'
import { BOOKING_COLUMNS, type BookingRow, bookingOfRow, tokens } from './booking-row.ts'
import type { Database } from './database.ts'
import { closeFences, tryWork } from './locks.ts'

const ROWS_PER_STEP = 2000

/** What Redis is rebuilt from. Large results are read through cursors, a piece at a time. */
export function makeRebuildSource(database: Database): RebuildSource {
  async function byPartition<T>(text: string): Promise<Map<number, T>> {
    const { rows } = await database.query<{ partition: number; value: T }>({
      text,
    })
    return new Map(rows.map(({ partition, value }) => [partition, value]))
  }

  function inSteps<Row extends QueryResultRow>(
    text: string,
    values: unknown[],
    visit: (rows: Row[]) => Promise<void>,
  ): Promise<void> {
    return database.transaction(async (client) => {
      await client.query({ text: `DECLARE step CURSOR FOR ${text}`, values })
      for (;;) {
        const { rows } = await client.query<Row>({
          text: `FETCH ${ROWS_PER_STEP} FROM step`,
        })
        if (rows.length === 0) return
        await visit(rows)
      }
    })
  }

  return {
    bumpGenerations: (partitions) =>
      database.transaction(async (client) => {
        await closeFences(client, partitions)
        const { rows } = await client.query<{ partition: number; generation: string }>({
          text: `UPDATE generation SET generation = generation + 1 WHERE partition = ANY ($1::int[])
            RETURNING partition, generation`,
          values: [partitions],
        })
        return new Map(rows.map(({ partition, generation }) => [partition, Number(generation)]))
      }),

    generations: async () => {
      const values = await byPartition<string>('SELECT partition, generation AS value FROM generation')
      return new Map([...values].map(([partition, value]) => [partition, Number(value)]))
    },

    cursors: () => byPartition<string>('SELECT partition, last_id AS value FROM wal_cursor'),

    async stock() {
      const { rows } = await database.query<StockRow>({ text: STOCK })
      return stockOf(rows)
    },

    taken: (visit) =>
      inSteps<{ event_id: string; user_id: string; seats: number }>(
        `SELECT event_id, user_id, sum(quantity)::int AS seats FROM bookings
         WHERE status IN ('reserved', 'confirmed') GROUP BY event_id, user_id`,
        [],
        (rows) =>
          visit(
            rows.map((row) => ({
              eventId: row.event_id,
              userId: row.user_id,
              seats: row.seats,
            })),
          ),
      ),

    holds: (visit) =>
      inSteps<BookingRow>(`SELECT ${BOOKING_COLUMNS} FROM bookings WHERE status = 'reserved'`, [], (rows) =>
        visit(rows.map(bookingOfRow)),
      ),

    keys: (sinceMs, visit) =>
      inSteps<BookingRow>(
        `SELECT ${BOOKING_COLUMNS} FROM bookings WHERE id >= $1 AND idempotency_hash IS NOT NULL`,
        [firstIdAt(sinceMs)],
        (rows) => visit(rows.map(bookingOfRow)),
      ),

    async markLoaded(zoneIds) {
      await database.query({
        text: 'UPDATE zones SET loaded_at = now() WHERE id = ANY ($1::uuid[]) AND loaded_at IS NULL',
        values: [tokens(zoneIds)],
      })
    },

    alone: (work) =>
      database.transaction(async (client) => ((await tryWork(client, 'reconciler', 0)) ? work() : null)),
  }
}

/** The smallest UUID of version 7 that a time can have made: booking ids are read by time through their primary key. */
function firstIdAt(ms: number): string {
  const hex = Math.max(0, Math.floor(ms)).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`
}

interface StockRow {
  event_id: string
  partition: number
  version: number
  status: EventStatus
  sale_opens_at: Date
  sale_closes_at: Date | null
  zone_id: string
  capacity: number
  capacity_version: number
  sold: number
  reserved: number
}

const STOCK = `
  SELECT e.id AS event_id, e.partition, e.version, e.status, e.sale_opens_at, e.sale_closes_at,
    z.id AS zone_id, z.capacity, z.capacity_version, z.sold, coalesce(r.seats, 0) AS reserved
  FROM events e JOIN zones z ON z.event_id = e.id
  LEFT JOIN (SELECT zone_id, sum(quantity)::int AS seats FROM bookings WHERE status = 'reserved' GROUP BY zone_id) r
    ON r.zone_id = z.id
  ORDER BY e.id, z.id`

function stockOf(rows: StockRow[]): EventStock[] {
  const byEvent = new Map<string, EventStock>()
  for (const row of rows) {
    let stock = byEvent.get(row.event_id)
    if (!stock) {
      const event = {
        id: row.event_id,
        version: row.version,
        status: row.status,
        saleOpensAtMs: row.sale_opens_at.getTime(),
        saleClosesAtMs: row.sale_closes_at?.getTime() ?? null,
      }
      stock = { event, partition: row.partition, zones: [] }
      byEvent.set(row.event_id, stock)
    }
    stock.zones.push({
      zoneId: row.zone_id,
      capacity: row.capacity,
      capacityVersion: row.capacity_version,
      sold: row.sold,
      reserved: row.reserved,
    })
  }
  return [...byEvent.values()]
}
