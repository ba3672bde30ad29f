import type { Queryable } from './database.ts'

const CANCEL = `UPDATE events SET status = 'cancelled', version = version + 1, updated_at = now()
WHERE id = $1 AND status <> 'cancelled'`

/** Cancels an event. One that is cancelled already keeps its version. */
export async function cancelEventRow(db: Queryable, eventId: string): Promise<void> {
  await db.query({ name: 'event_cancel', text: CANCEL, values: [eventId] })
}
