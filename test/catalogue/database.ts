import { Pool } from 'pg'
import type { NewEvent } from '../../src/catalogue/ports.ts'
import { type Database, makeDatabase } from '../../src/postgres/database.ts'
import { openDatabase } from '../support/stores.ts'

/** A migrated, empty database; gone after the test. */
export async function openTestDatabase(t: Parameters<typeof openDatabase>[0]) {
  const opened: { database?: Database } = {}
  // Clean-ups run in the order they were asked for, and a database is dropped under whoever is still connected.
  t.after(async () => opened.database?.close())
  const { url } = await openDatabase(t)
  const pool = new Pool({ connectionString: url, max: 8 })
  // `end` does not wait for the sockets, so the drop may still meet one.
  pool.on('error', () => {})
  opened.database = makeDatabase(pool)
  return opened.database
}

export const newEvent: NewEvent = {
  slug: 'the-show',
  name: 'The show',
  description: 'Loud',
  organizerId: 'ann',
  status: 'on_sale',
  saleOpensAtMs: 1_000,
  saleClosesAtMs: null,
  maxTicketsPerUser: 10,
  refundWindowHours: 24,
  queueRequired: false,
  shows: ['Friday', 'Saturday'].map((name, day) => ({
    name,
    venue: 'Hall',
    startsAtMs: 1_900_000_000_123 + day * 86_400_000,
    zones: ['A', 'B'].map((zone) => ({ name: zone, capacity: 100, priceMinor: 150_000, currency: 'THB' })),
  })),
}
