import type { WriteAheadEntry, WriteAheadLog } from '../pipeline/ports.ts'
import { HOLD_ARRAYS, HOLD_FIELDS, holdArrays } from './booking-row.ts'
import type { Database, Queryable } from './database.ts'
import { sqlState } from './faults.ts'
import { shareFences, tryWork } from './locks.ts'

const INSERT_BOOKINGS = `
WITH input AS (
  SELECT * FROM unnest(${HOLD_ARRAYS}) AS i (${HOLD_FIELDS})
), fresh AS (
  INSERT INTO bookings (id, user_id, event_id, show_id, zone_id, quantity, unit_price_minor, currency, status, version,
    idempotency_hash, traceparent, created_at, expires_at)
  SELECT id, user_id, event_id, show_id, zone_id, quantity, unit_price_minor, currency, 'reserved', 1,
    idempotency_hash, traceparent, to_timestamp(created_ms / 1000.0), to_timestamp(expires_ms / 1000.0)
  FROM input ORDER BY id
  ON CONFLICT (id) DO NOTHING
  RETURNING *
)
INSERT INTO outbox (topic, booking_id, type, version, occurred_at, data, traceparent)
SELECT 'booking-events', id, 'booking.reserved', version, created_at, booking_data(id, user_id, event_id, show_id, zone_id,
  quantity, unit_price_minor, currency, status, expires_at, NULL, NULL), traceparent
FROM fresh`

/**
 * Writes the stream to the tables. Batch, outbox and cursor change in one transaction that holds the partition's work lock:
 * a persister that dies leaves nothing, or all of it, and the next one goes on from the cursor.
 */
export function makeWriteAheadLog(
  database: Database,
  onRejected: (entry: WriteAheadEntry, reason: string) => void,
): WriteAheadLog {
  return {
    persist(partition, read) {
      return database.transaction(async (client) => {
        if (!(await tryWork(client, 'persister', partition))) return { kind: 'busy' }
        await shareFences(client, [partition])
        const cursor = await readCursor(client, partition)
        const { generation, entries } = await read(cursor.lastId)
        if (generation !== cursor.generation) return { kind: 'fenced' }
        const last = entries.at(-1)
        if (!last) return { kind: 'idle' }
        await insertEntries(client, partition, entries, onRejected)
        await advanceCursor(client, partition, last.id)
        return { kind: 'written', entries: entries.length, throughId: last.id }
      })
    },
  }
}

export async function readCursor(
  client: Queryable,
  partition: number,
): Promise<{ lastId: string; generation: number }> {
  const { rows } = await client.query<{ last_id: string; generation: string }>({
    name: 'read_cursor',
    text: 'SELECT last_id, generation FROM wal_cursor JOIN generation USING (partition) WHERE partition = $1',
    values: [partition],
  })
  const row = rows[0]
  if (!row) throw new Error(`partition ${partition} has no cursor`)
  return { lastId: row.last_id, generation: Number(row.generation) }
}

export async function advanceCursor(client: Queryable, partition: number, lastId: string): Promise<void> {
  await client.query({
    name: 'advance_cursor',
    text: 'UPDATE wal_cursor SET last_id = $2 WHERE partition = $1',
    values: [partition, lastId],
  })
}

/**
 * Inserts entries as one statement, in the order of their ids as endings do, so that the two never wait in a circle. When a constraint refuses the batch, its halves are tried, down to the one entry at fault,
 * which is put aside in wal_rejected: it must not keep the others from being written.
 */
export async function insertEntries(
  client: Queryable,
  partition: number,
  entries: readonly WriteAheadEntry[],
  onRejected: (entry: WriteAheadEntry, reason: string) => void,
): Promise<void> {
  await client.query({ text: 'SAVEPOINT batch' })
  try {
    await client.query({
      name: 'insert_bookings',
      text: INSERT_BOOKINGS,
      values: holdArrays(entries.map(({ hold }) => hold)),
    })
    await client.query({ text: 'RELEASE SAVEPOINT batch' })
  } catch (error) {
    if (!/^2[23]/.test(sqlState(error) ?? '')) throw error
    await client.query({ text: 'ROLLBACK TO SAVEPOINT batch' })
    if (entries.length > 1) {
      const middle = entries.length >> 1
      await insertEntries(client, partition, entries.slice(0, middle), onRejected)
      await insertEntries(client, partition, entries.slice(middle), onRejected)
      return
    }
    const [entry] = entries as [WriteAheadEntry]
    const reason = (error as Error).message
    await client.query({
      name: 'reject_entry',
      text: 'INSERT INTO wal_rejected (partition, entry_id, entry, reason) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
      values: [partition, entry.id, JSON.stringify(entry.hold), reason],
    })
    onRejected(entry, reason)
  }
}
