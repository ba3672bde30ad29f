import { tokens } from './booking-row.ts'
import type { Queryable } from './database.ts'

/** The constraint that keeps a zone from being oversold. */
export const SOLD_WITHIN_CAPACITY = 'zones_sold_within_capacity'

/**
 * Adds to the zones' sold seats (or takes away, when negative). The last statements of their transaction, because they
 * lock the row that every buyer of a zone needs. Several rows are locked in the order of their ids, so that none wait in a circle,
 * and by a statement of its own: one that locks and updates would look for the rows of its own beginning again, older by then than those
 * that it locked, and wait there for somebody who waits for it.
 *
 * @throws the CHECK violation when a zone would be oversold
 */
export async function addSold(client: Queryable, seatsByZone: ReadonlyMap<string, number>): Promise<void> {
  if (seatsByZone.size === 0) return
  const ids = tokens([...seatsByZone.keys()])
  if (seatsByZone.size > 1) {
    await client.query({
      name: 'lock_zones',
      text: 'SELECT id FROM zones WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE',
      values: [ids],
    })
  }
  await client.query({
    name: 'add_sold',
    text: `
      UPDATE zones SET sold = sold + change.seats FROM unnest($1::uuid[], $2::int[]) AS change (zone_id, seats)
      WHERE zones.id = change.zone_id`,
    values: [ids, tokens([...seatsByZone.values()])],
  })
}

/** Sums seats by zone. */
export function seatsByZone(bookings: Iterable<{ zoneId: string; quantity: number }>): Map<string, number> {
  const sums = new Map<string, number>()
  for (const { zoneId, quantity } of bookings) sums.set(zoneId, (sums.get(zoneId) ?? 0) + quantity)
  return sums
}
