/** What must be true after every fault, however the sale went. */
import assert from 'node:assert/strict'
import { Client } from 'pg'
import { openTools } from '../../src/commands/tools.ts'
import { kafkaAccess, postgresAccess } from '../../src/compose/access.ts'
import { parseConfig } from '../../src/config.ts'
import { waitFor } from '../../src/devstack/wait.ts'
import { makeKafka } from '../../src/kafka/client.ts'
import { readTopic } from '../../src/kafka/read-topic.ts'
import { clientConfig, type PostgresAccess } from '../../src/postgres/access.ts'
import { makeWriteAheadStream } from '../../src/redis/write-ahead-stream.ts'
import type { Tally } from './buyers.ts'
import { environment, type StoreAddresses } from './process.ts'

/** The promise: the audit is green again so soon after the return of whatever was away. */
const AUDIT_WAIT_MS = 30_000

/**
 * Waits for the audit to be green, then compares PostgreSQL with what the buyers were told.
 *
 * @param options.mayForget reservations that were acknowledged may be gone: Redis may have lost its last second
 */
export async function assertProven(
  stores: StoreAddresses,
  tally: Tally,
  options: { kafka?: boolean; mayForget?: (bookingId: string) => boolean } = {},
): Promise<void> {
  const { kafka = false, mayForget = () => false } = options
  await assertAudited(stores)
  assert.deepEqual(tally.defects, [])

  const stored = await bookings(stores, `user_id LIKE '${tally.name}-%'`)
  const missing = [...tally.acknowledged.keys()].filter((id) => !stored.has(id) && !mayForget(id))
  assert.deepEqual(missing, [], 'reservations that were acknowledged are in PostgreSQL')
  const most = tally.acknowledged.size + tally.openReservations
  assert.ok(stored.size <= most, `${stored.size} stored, and only ${most} were asked for`)
  for (const id of tally.confirmed) assert.equal(stored.get(id), 'confirmed', `booking ${id}`)
  for (const id of tally.cancelled) assert.equal(stored.get(id), 'cancelled', `booking ${id}`)
  if (kafka) await assertOrdered(stores, await bookings(stores, 'true'))
}

/** Both stores add up, and nothing is under way from one to the other any more. */
async function assertAudited(stores: StoreAddresses): Promise<void> {
  const tools = await openTools(parseConfig(environment(stores, {})))
  const stream = makeWriteAheadStream(tools.redis)
  let left: unknown
  try {
    const isQuiet = async () => {
      const { findings } = await tools.audit({ withLimits: true })
      const entries = (await stream.backlog()).reduce((sum, partition) => sum + partition.entries, 0)
      left = { findings, entries }
      return findings.length === 0 && entries === 0
    }
    assert.ok(await waitFor(isQuiet, { timeoutMs: AUDIT_WAIT_MS }), `not green: ${JSON.stringify(left)}`)
  } finally {
    await tools.close()
  }
}

/** Every booking's events came in the order of its versions, with no version left out; doubles are allowed. */
async function assertOrdered(stores: StoreAddresses, stored: ReadonlyMap<string, string>): Promise<void> {
  const { topicPrefix = '' } = stores
  const kafka = makeKafka({ ...kafkaAccess(parseConfig(environment(stores, {}))), clientId: 'test' })
  const seen = new Set<string>()
  const versions = new Map<string, number[]>()
  const last = new Map<string, string>()
  await readTopic(kafka, `${topicPrefix}booking-events`, (key, value) => {
    const event = JSON.parse(value) as { event_id: string; type: string; booking_version: number }
    if (seen.has(event.event_id)) return
    seen.add(event.event_id)
    versions.set(key, [...(versions.get(key) ?? []), event.booking_version])
    last.set(key, event.type)
  })
  assert.deepEqual(
    new Set(versions.keys()),
    new Set(stored.keys()),
    'the same bookings in Kafka and PostgreSQL',
  )
  for (const [id, got] of versions) {
    assert.deepEqual(
      got,
      got.map((_, i) => i + 1),
      `versions of booking ${id}`,
    )
    assert.equal(last.get(id), `booking.${stored.get(id)}`)
  }
}

/** Status by booking id. */
async function bookings(stores: StoreAddresses, condition: string): Promise<Map<string, string>> {
  const rows = await query<{ id: string; status: string }>(
    postgresAccess(parseConfig(environment(stores, {}))),
    `SELECT id, status FROM bookings WHERE ${condition}`,
  )
  return new Map(rows.map(({ id, status }) => [id, status]))
}

export async function query<Row extends object>(
  database: string | PostgresAccess,
  sql: string,
): Promise<Row[]> {
  const client = new Client({
    ...clientConfig(typeof database === 'string' ? { url: database, ca: null } : database),
    connectionTimeoutMillis: 10_000,
    query_timeout: 20_000,
  })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query<Row>(sql)).rows
  } finally {
    await client.end()
  }
}

export async function until(what: string, check: () => boolean | Promise<boolean>): Promise<void> {
  assert.ok(await waitFor(check, { timeoutMs: 30_000 }), `did not come true: ${what}`)
}
