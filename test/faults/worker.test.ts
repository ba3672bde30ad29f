import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Client } from 'pg'
import {
  openDatabase,
  openKafka,
  openRedis,
  withoutKafka,
  withoutPostgres,
  withoutRedis,
} from '../support/stores.ts'
import { startBuyers } from './buyers.ts'
import { createEvents } from './client.ts'
import { startService } from './process.ts'
import { assertProven, query, until } from './proof.ts'

const skip = withoutRedis || withoutPostgres || withoutKafka

test('workers killed in the middle of a batch: another goes on, no row twice, none lost', {
  skip,
}, async (t) => {
  const [redis, database] = await Promise.all([openRedis(t), openDatabase(t)])
  const kafka = openKafka(t)
  const stores = {
    redisUrl: redis.url,
    databaseUrl: database.url,
    kafkaBrokers: kafka.brokers,
    topicPrefix: kafka.topic(''),
  }
  const api = await startService(t, 'api', stores)
  const [one, two] = await Promise.all([startService(t, 'worker', stores), startService(t, 'worker', stores)])
  const sales = await createEvents(api.api, 8, 2000)
  const buyers = startBuyers(api.api, sales, { confirmShare: 0.2 })
  await until('the sale is under way', () => buyers.tally.confirmed.size > 20)

  // Both stand in the middle of a batch: their inserts wait for the table, their locks are held.
  await midBatch(database.url, 2, () => one.kill9())
  const confirmed = buyers.tally.confirmed.size
  await until('the other one goes on', () => buyers.tally.confirmed.size > confirmed + 50)
  assert.equal(await two.metric('persister_rejected_entries_total'), 0)
  await midBatch(database.url, 1, () => two.kill9())
  const { size } = buyers.tally.acknowledged
  await until('reservations go on without a worker', () => buyers.tally.acknowledged.size > size + 200)
  const tally = await buyers.stop()
  await one.start()
  await until('the outbox is empty', async () => {
    const [row] = await query<{ n: number }>(database.url, 'SELECT count(*)::int AS n FROM outbox')
    return row?.n === 0
  })
  await assertProven(stores, tally, { kafka: true })
  assert.deepEqual(
    [...tally.answers.keys()].filter((answer) => / (5\d\d|none)/.test(answer)),
    [],
  )
})

/** Does something while so many workers are in the middle of writing a batch, and lets those that are left go on. */
async function midBatch(databaseUrl: string, workers: number, work: () => Promise<void>): Promise<void> {
  const blocker = new Client({ connectionString: databaseUrl })
  await blocker.connect()
  await blocker.query('BEGIN; LOCK TABLE bookings IN SHARE ROW EXCLUSIVE MODE')
  await until('the workers are writing', async () => {
    const locks = await query<{ n: number }>(
      databaseUrl,
      `SELECT count(*)::int AS n FROM pg_locks WHERE locktype = 'advisory' AND classid = 7002 AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    )
    return locks[0]?.n === workers
  })
  await work()
  await blocker.query('COMMIT')
  await blocker.end()
}
