import { tokens } from './booking-row.ts'
import type { Queryable } from './database.ts'

/** The constraint that keeps a zone from being oversold. */
export const SOLD_WITHIN_CAPACITY = 'zones_sold_within_capacity'

/**
 * Adds to the zones' sold seats (or takes away, when negative). The last statement of its transaction, because it
 * locks the row that every buyer of a zone needs; the locks are taken in the order of the ids, so that none wait in a circle.
 *
 * @throws the CHECK violation when a zone would be oversold
 */
export async function addSold(client: Queryable, seatsByZone: ReadonlyMap<string, number>): Promise<void> {
  if (seatsByZone.size === 0) return
  await client.query({
    name: 'add_sold',
    text: `
      WITH change AS (SELECT * FROM unnest($1::uuid[], $2::int[]) AS c (zone_id, seats)),
      locked AS (SELECT id FROM zones WHERE id IN (SELECT zone_id FROM change) ORDER BY id FOR NO KEY UPDATE)
      UPDATE zones SET sold = sold + change.seats FROM change JOIN locked ON locked.id = change.zone_id
      WHERE zones.id = change.zone_id`,
    values: [tokens([...seatsByZone.keys()]), tokens([...seatsByZone.values()])],
  })
}

/** Sums seats by zone. */
export function seatsByZone(bookings: Iterable<{ zoneId: string; quantity: number }>): Map<string, number> {
  const sums = new Map<string, number>()
  for (const { zoneId, quantity } of bookings) sums.set(zoneId, (sums.get(zoneId) ?? 0) + quantity)
  return sums
}
