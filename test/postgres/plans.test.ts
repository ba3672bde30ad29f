/**
 * Every index is there for a statement, and that statement's plan uses it on a large table. The statements are the real ones: the
 * functions run against a client that explains what they send.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import pg from 'pg'
import { makeBookingReader } from '../../src/postgres/bookings-of-user.ts'
import { bookingsToGiveBack } from '../../src/postgres/bookings-to-give-back.ts'
import { makeCatalogueStore } from '../../src/postgres/catalogue-store.ts'
import { makeConsumedEvents } from '../../src/postgres/consumed-events.ts'
import type { Database, Queryable } from '../../src/postgres/database.ts'
import { findBookingByCode } from '../../src/postgres/find-booking-by-code.ts'
import { findBookings } from '../../src/postgres/find-bookings.ts'
import { makeOutbox } from '../../src/postgres/outbox.ts'
import { overdueBookings } from '../../src/postgres/overdue-bookings.ts'
import { makePaymentStore } from '../../src/postgres/payment-store.ts'
import { makeQueueSettings } from '../../src/postgres/queue-settings.ts'
import { makeRebuildSource } from '../../src/postgres/rebuild-source.ts'
import { makeProviderBooks } from '../../src/postgres/simulated-payments.ts'
import { makeWebhookQueue } from '../../src/postgres/simulated-webhooks.ts'
import { readCursor } from '../../src/postgres/write-ahead-log.ts'
import { openDatabase, withoutPostgres } from '../support/stores.ts'

const skip = withoutPostgres

const EVENT = '01a20a7c-39b4-7a0f-a89d-000000000007'
const BACK_OFF = { firstMs: 1000, maxMs: 10_000 }
const BOOKING = '01a20a7c-39b4-7a0f-a89d-1f0de8c41f12'

/** 300 events with two zones each; 120,000 bookings of 20,000 people, most of them over; 20,000 messages. */
const LARGE = `
  INSERT INTO events (id, slug, name, description, organizer_id, partition, status, sale_opens_at, max_tickets_per_user,
    refund_window_hours)
  SELECT ('01a20a7c-39b4-7a0f-a89d-' || lpad(i::text, 12, '0'))::uuid, 'event-' || i, 'Event', '', 'o', i % 16,
    CASE WHEN i % 100 = 0 THEN 'cancelled' ELSE 'on_sale' END, now(), 10, 24 FROM generate_series(1, 300) i;
  INSERT INTO shows (id, event_id, name, venue, starts_at) SELECT gen_random_uuid(), id, 'Show', 'Hall', now() FROM events;
  INSERT INTO zones (id, event_id, show_id, name, position, capacity, price_minor, currency, loaded_at)
  SELECT gen_random_uuid(), s.event_id, s.id, 'Zone', n, 100000, 100, 'THB', now() FROM shows s, generate_series(1, 2) n;
  INSERT INTO bookings (id, user_id, event_id, show_id, zone_id, quantity, unit_price_minor, currency, status, version,
    idempotency_hash, payment_id, confirmation_code, created_at, expires_at, confirmed_at, ended_at)
  SELECT gen_random_uuid(), 'user-' || i % 20000, z.event_id, z.show_id, z.id, 1, 100, 'THB', s.status, 2, 'hash-' || i,
    CASE WHEN s.status = 'confirmed' THEN 'pay-' || i END, CASE WHEN s.status = 'confirmed' THEN 'CODE' || i END,
    now(), now() - interval '1 hour' + i * interval '1 second',
    CASE WHEN s.status = 'confirmed' THEN now() END, CASE WHEN s.status = 'expired' THEN now() END
  FROM generate_series(1, 120000) i
  JOIN (SELECT row_number() OVER (ORDER BY id) - 1 AS n, * FROM zones) z ON z.n = i % 600
  CROSS JOIN LATERAL (SELECT CASE WHEN i % 20 = 0 THEN 'reserved' WHEN i % 20 < 4 THEN 'confirmed' ELSE 'expired' END) s (status);
  INSERT INTO outbox (topic, booking_id, type, version, occurred_at, data)
  SELECT 'booking-events', id, 'booking.reserved', 1, now(), '{}' FROM bookings LIMIT 20000;
  INSERT INTO simulated_payments SELECT 'pay-' || i, gen_random_uuid(), 1, 'THB', 'succeeded' FROM generate_series(1, 20000) i;
  INSERT INTO simulated_webhooks (payment_id, due_at)
  SELECT 'pay-' || i, now() + (i - 50) * interval '1 second' FROM generate_series(1, 20000) i;
  INSERT INTO payments (id, booking_id, user_id, amount_minor, currency, method, state, attempt, final, next_poll_at)
  SELECT 'pay-' || i, id, 'u', 1, 'THB', 'succeed', CASE WHEN i % 40 = 0 THEN 'pending' ELSE 'succeeded' END, 1, false,
    now() + (i - 500) * interval '1 second' FROM (SELECT row_number() OVER () AS i, id FROM bookings LIMIT 20000) b;
  INSERT INTO consumed_messages SELECT 'group-' || i % 3, gen_random_uuid(), id, 2, now() - i * interval '1 minute'
  FROM (SELECT row_number() OVER () AS i, id FROM bookings LIMIT 20000) b;
  INSERT INTO queues SELECT id, 500, 1000, 'open', NULL, false, repeat('a', 64) FROM events;
  INSERT INTO wal_rejected SELECT i % 16, i || '-0', '{}', 'no' FROM generate_series(1, 5000) i;`

const pool = skip ? null : await openLargeDatabase()

async function openLargeDatabase(): Promise<pg.Pool> {
  const opened = new pg.Pool({ max: 2 })
  opened.on('error', () => {})
  after(() => opened.end())
  const { url } = await openDatabase({ after })
  opened.options.connectionString = url
  await opened.query(LARGE)
  await opened.query('VACUUM ANALYZE')
  return opened
}

/** The names of the indexes that the statements of `work` are planned with. */
async function indexesUsedBy(work: (database: Database) => Promise<unknown>): Promise<Set<string>> {
  const used = new Set<string>()
  const explain = async (query: { name?: string; text: string; values?: unknown[] }) => {
    if (query.name === 'try_work') return { rows: [{ taken: true }] }
    const text = query.text.replace(/^DECLARE step CURSOR FOR /, '')
    if (!/^\s*(SELECT|INSERT|UPDATE|DELETE|WITH)/i.test(text)) return { rows: [] }
    const { rows } = await (pool as pg.Pool).query(`EXPLAIN (FORMAT JSON) ${text}`, query.values ?? [])
    for (const [, name] of JSON.stringify(rows).matchAll(/"Index Name":"(\w+)"/g)) used.add(name as string)
    return { rows: query.name === 'outbox_any' ? [{ seq: '1' }] : [] }
  }
  const queryable = { query: explain } as unknown as Queryable
  const database = {
    ...queryable,
    transaction: <T>(inside: (client: Queryable) => Promise<T>) => inside(queryable),
  } as Database
  // Without rows some functions do not get to their end; what they sent was explained before.
  await work(database).catch((error: Error) => {
    if (error instanceof pg.DatabaseError) throw error
  })
  return used
}

const received = {
  eventId: BOOKING,
  type: 'booking.confirmed',
  bookingId: BOOKING,
  version: 2,
  occurredAtMs: 0,
  data: {},
  traceparent: null,
}

const statements: Record<string, (database: Database) => Promise<unknown>> = {
  bookings_pkey: (database) => findBookings(database, [BOOKING]),
  bookings_of_user: (database) =>
    makeBookingReader(database).ofUser('user-7', { before: BOOKING, limit: 20, eventId: null }),
  bookings_live_by_expiry: (database) => overdueBookings(database, 0, 100),
  bookings_with_seats_of_event: (database) => bookingsToGiveBack(database, 200),
  bookings_confirmation_code_key: (database) => findBookingByCode(database, 'CODE7'),
  consumed_messages_pkey: (database) => makeConsumedEvents(database).look('group-1', [received]),
  consumed_versions: (database) => makeConsumedEvents(database).look('group-1', [received]),
  consumed_by_age: (database) => makeConsumedEvents(database).forget(168, 1000),
  events_pkey: (database) => makeCatalogueStore(database).find(EVENT),
  events_slug_key: (database) => makeCatalogueStore(database).find('event-7'),
  shows_of_event: (database) => makeCatalogueStore(database).find(EVENT),
  zones_of_event: (database) => makeCatalogueStore(database).find(EVENT),
  outbox_pkey: (database) => makeOutbox(database).drain(1, 500, async () => {}),
  payments_pkey: (database) => makePaymentStore(database).find('pay-7'),
  payments_attempt_key: (database) => makePaymentStore(database).latestOf(BOOKING),
  payments_to_poll: (database) => makePaymentStore(database).claimPending(100, BACK_OFF),
  queues_pkey: (database) =>
    makeQueueSettings(database, { releaseRatePerSecond: 500, maxSize: 1000 }).find(EVENT),
  simulated_payments_pkey: (database) => makeProviderBooks(database).find('pay-7'),
  simulated_webhooks_due: (database) => makeWebhookQueue(database).claim(100, BACK_OFF, 12),
  simulated_webhooks_pkey: (database) => makeWebhookQueue(database).delivered(BOOKING),
}

for (const [index, statement] of Object.entries(statements)) {
  test(`${index} carries the statement that it is there for`, { skip }, async () => {
    const used = await indexesUsedBy(statement)
    assert.ok(used.has(index), `the plan used ${[...used].join(', ') || 'no index'}`)
  })
}

test('a rebuild reads live reservations through an index, not the whole table', { skip }, async () => {
  const used = await indexesUsedBy((database) => makeRebuildSource(database).holds(async () => {}))
  assert.ok(used.has('bookings_live_by_expiry') || used.has('bookings_with_seats_of_event'))
})

/** Indexes that are there for what they refuse, or for a table of one row a partition. */
const constraints: Record<string, string> = {
  payments_open_key: `INSERT INTO payments (id, booking_id, user_id, amount_minor, currency, method, state, attempt, final)
    SELECT 'another', booking_id, user_id, 1, 'THB', 'succeed', 'pending', 2, false FROM payments WHERE state = 'pending' LIMIT 1`,
  bookings_payment_id_key: `UPDATE bookings SET payment_id = 'pay-1' WHERE payment_id = 'pay-2'`,
  zones_pkey: 'INSERT INTO zones SELECT * FROM zones LIMIT 1',
  shows_pkey: 'INSERT INTO shows SELECT * FROM shows LIMIT 1',
  wal_cursor_pkey: `INSERT INTO wal_cursor VALUES (1, '0-0')`,
  generation_pkey: 'INSERT INTO generation VALUES (1, 1)',
  wal_rejected_pkey: `INSERT INTO wal_rejected VALUES (1, '1-0', '{}', 'again')`,
}

for (const [index, statement] of Object.entries(constraints)) {
  test(`${index} refuses a second one`, { skip }, async () => {
    await assert.rejects((pool as pg.Pool).query(statement), { code: '23505', constraint: index })
  })
}

test('there is no index without a statement', { skip }, async () => {
  const { rows } = await (pool as pg.Pool).query<{ indexname: string }>(
    `SELECT indexname FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'migrations' ORDER BY indexname`,
  )
  const known = [...Object.keys(statements), ...Object.keys(constraints)].sort()
  assert.deepEqual(rows.map(({ indexname }) => indexname).sort(), known)
})

test('the cursor of a partition is one row', { skip }, async () => {
  assert.deepEqual(await readCursor(pool as pg.Pool as unknown as Queryable, 3), {
    lastId: '0-0',
    generation: 1,
  })
})
