import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deleteEverything } from '../../src/postgres/delete-everything.ts'
import { openService } from '../support/service.ts'
import { withoutPostgres, withoutRedis } from '../support/stores.ts'

/** How far the streams were written, how often Redis was rebuilt, and which migrations were applied. */
const KEPT = ['generation', 'migrations', 'wal_cursor']

const QUEUE = `INSERT INTO queues (event_id, release_rate_per_second, max_size, state, pre_queue, draw_key)
  VALUES ($1, 1, 1, 'open', false, repeat('0', 64))`

test('after everything was deleted no table holds anything but where the streams and generations are', {
  skip: withoutRedis || withoutPostgres,
}, async (t) => {
  const service = await openService(t)
  const { database } = service.stores
  await service.reconcile()
  const { event, zoneIds } = await service.event([10])
  await service.hold(event.id, zoneIds[0] as string)
  await service.persist()
  await database.query({ text: QUEUE, values: [event.id] })
  await deleteEverything(database)
  const { rows: tables } = await database.query<{ tablename: string }>({
    text: "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename",
  })
  const filled: string[] = []
  for (const { tablename } of tables) {
    const { rows } = await database.query<{ n: number }>({
      text: `SELECT count(*)::int AS n FROM ${tablename}`,
    })
    if (rows[0]?.n) filled.push(tablename)
  }
  assert.deepEqual(filled, KEPT)
})
