import { randomBytes } from 'node:crypto'
import type { QueueState } from '../queue/model.ts'
import type { QueueChange, QueueSettingsStore, StoredQueue } from '../queue/ports.ts'
import type { Queryable } from './database.ts'

export interface QueueDefaults {
  releaseRatePerSecond: number
  maxSize: number
}

interface QueueRow {
  event_id: string
  release_rate_per_second: number
  max_size: number
  state: QueueState
  max_active_passes: number | null
  pre_queue: boolean
  draw_key: string
  version: number
  /** bigint: text in node-postgres; counters of people, so safe integers. */
  seq: string
  served: string
  drawn: boolean
}

const COLUMNS = `event_id, release_rate_per_second, max_size, state, max_active_passes, pre_queue, draw_key, version, seq,
  served, drawn`

/** What operators set for queues. The key of a draw is made with the row, before anybody can join. */
export function makeQueueSettings(db: Queryable, defaults: QueueDefaults): QueueSettingsStore {
  async function insertDefaults(eventId: string): Promise<void> {
    await db.query({
      name: 'queue_insert',
      text: `INSERT INTO queues (event_id, release_rate_per_second, max_size, state, pre_queue, draw_key)
        VALUES ($1, $2, $3, 'open', false, $4) ON CONFLICT (event_id) DO NOTHING`,
      values: [eventId, defaults.releaseRatePerSecond, defaults.maxSize, randomBytes(32).toString('hex')],
    })
  }

  async function select(eventId: string): Promise<StoredQueue | null> {
    const { rows } = await db.query<QueueRow>({
      name: 'queue_find',
      text: `SELECT ${COLUMNS} FROM queues WHERE event_id = $1`,
      values: [eventId],
    })
    return rows[0] ? queueOfRow(rows[0]) : null
  }

  async function find(eventId: string): Promise<StoredQueue> {
    const known = await select(eventId)
    if (known) return known
    await insertDefaults(eventId)
    const made = await select(eventId)
    if (!made) throw new Error(`the queue of event ${eventId} was inserted and is not there`)
    return made
  }

  return {
    find,

    async change(eventId, change) {
      await find(eventId)
      const { rows } = await db.query<QueueRow>({
        name: 'queue_change',
        text: `UPDATE queues SET release_rate_per_second = coalesce($2, release_rate_per_second),
            max_size = coalesce($3, max_size), state = coalesce($4, state),
            max_active_passes = CASE WHEN $5::boolean THEN $6::int ELSE max_active_passes END,
            pre_queue = coalesce($7, pre_queue), version = version + 1
          WHERE event_id = $1 RETURNING ${COLUMNS}`,
        values: [eventId, ...valuesOf(change)],
      })
      return queueOfRow(rows[0] as QueueRow)
    },

    async checkpoint(eventId, { seq, served, drawn }) {
      await db.query({
        name: 'queue_checkpoint',
        text: `UPDATE queues SET seq = greatest(seq, $2), served = greatest(served, $3), drawn = drawn OR $4
          WHERE event_id = $1 AND (seq < $2 OR served < $3 OR (NOT drawn AND $4))`,
        values: [eventId, seq, served, drawn],
      })
    },
  }
}

function valuesOf(change: QueueChange): unknown[] {
  return [
    change.releaseRatePerSecond ?? null,
    change.maxSize ?? null,
    change.state ?? null,
    change.maxActivePasses !== undefined,
    change.maxActivePasses ?? null,
    change.preQueue ?? null,
  ]
}

function queueOfRow(row: QueueRow): StoredQueue {
  return {
    eventId: row.event_id,
    releaseRatePerSecond: row.release_rate_per_second,
    maxSize: row.max_size,
    state: row.state,
    maxActivePasses: row.max_active_passes,
    preQueue: row.pre_queue,
    drawKey: row.draw_key,
    version: row.version,
    seq: Number(row.seq),
    served: Number(row.served),
    drawn: row.drawn,
  }
}
