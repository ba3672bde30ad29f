import type { Outbox, OutboxMessage } from '../pipeline/ports.ts'
import { tokens } from './booking-row.ts'
import type { Database, Queryable } from './database.ts'
import { tryWork } from './locks.ts'

interface OutboxRow {
  seq: string
  message_id: string
  topic: string
  booking_id: string
  type: string
  version: number
  occurred_at: Date
  data: unknown
  traceparent: string | null
}

/** The outbox. Reading, publishing and deleting a batch happen inside one transaction that holds the shard's work lock. */
export function makeOutbox(database: Database): Outbox {
  return {
    async drain(shard, limit, publish) {
      // Most looks of a quiet service find nothing: one statement instead of a transaction's four.
      if (!(await isThereAny(database, shard))) return 0
      return database.transaction(async (client) => {
        if (!(await tryWork(client, 'relay', shard))) return null
        const messages = await oldestOf(client, shard, limit)
        if (messages.length === 0) return 0
        await publish(messages)
        await deleteOf(client, shard, messages)
        return messages.length
      })
    },

    async backlog() {
      const { rows } = await database.query<{
        rows: number
        oldest_seconds: number
      }>({
        name: 'outbox_backlog',
        text: `SELECT count(*)::int AS rows,
          coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 AS oldest_seconds FROM outbox`,
      })
      const [row] = rows
      return { rows: row?.rows ?? 0, oldestSeconds: row?.oldest_seconds ?? 0 }
    },
  }
}

async function isThereAny(database: Queryable, shard: number): Promise<boolean> {
  const { rows } = await database.query({
    name: 'outbox_any',
    // Ordered, so that it is read through the index: the front of the table is full of rows that were just deleted.
    text: 'SELECT seq FROM outbox WHERE shard = $1 ORDER BY seq LIMIT 1',
    values: [shard],
  })
  return rows.length > 0
}

async function oldestOf(client: Queryable, shard: number, limit: number): Promise<OutboxMessage[]> {
  const { rows } = await client.query<OutboxRow>({
    name: 'outbox_oldest',
    text: `SELECT seq, message_id, topic, booking_id, type, version, occurred_at, data, traceparent
      FROM outbox WHERE shard = $1 ORDER BY seq LIMIT $2`,
    values: [shard, limit],
  })
  return rows.map((row) => ({
    seq: row.seq,
    messageId: row.message_id,
    topic: row.topic,
    bookingId: row.booking_id,
    type: row.type,
    version: row.version,
    occurredAt: row.occurred_at,
    data: row.data,
    traceparent: row.traceparent,
  }))
}

/** Deletes just what was read: a message of an earlier number may have been committed since. */
async function deleteOf(client: Queryable, shard: number, messages: readonly OutboxMessage[]): Promise<void> {
  await client.query({
    name: 'outbox_delete',
    text: 'DELETE FROM outbox WHERE shard = $1 AND seq = ANY ($2::bigint[])',
    values: [shard, tokens(messages.map(({ seq }) => seq))],
  })
}
