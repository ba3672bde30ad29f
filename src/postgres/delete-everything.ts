import type { Queryable } from './database.ts'

/** Empties the tables of events and bookings; how far the streams were written and the generations stay. */
export async function deleteEverything(database: Queryable): Promise<void> {
  await database.query({
    text: 'TRUNCATE events, shows, zones, bookings, queues, outbox, wal_rejected, consumed_messages, payments, simulated_payments, simulated_webhooks',
  })
}
