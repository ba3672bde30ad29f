import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  openDatabase,
  openOwnKafka,
  openRedis,
  withoutKafka,
  withoutPostgres,
  withoutRedis,
} from '../support/stores.ts'
import { startBuyers } from './buyers.ts'
import { createEvents } from './client.ts'
import { runCommand, startService } from './process.ts'
import { assertProven, query, until } from './proof.ts'

const skip = withoutRedis || withoutPostgres || withoutKafka

test('Kafka killed while tickets are sold: sales go on, and its events come in order when it is back', {
  skip,
}, async (t) => {
  const [redis, database, kafka] = await Promise.all([openRedis(t), openDatabase(t), openOwnKafka(t)])
  const stores = {
    redisUrl: redis.url,
    databaseUrl: database.url,
    kafkaBrokers: kafka.brokers,
    topicPrefix: kafka.topic(''),
  }
  const api = await startService(t, 'api', stores)
  await startService(t, 'worker', stores)
  const sales = await createEvents(api.api, 4, 5000)
  const buyers = startBuyers(api.api, sales, { confirmShare: 0.3 })
  const waiting = async () => {
    const [row] = await query<{ n: number }>(database.url, 'SELECT count(*)::int AS n FROM outbox')
    return row?.n ?? 0
  }
  await until('events flow', () => buyers.tally.confirmed.size > 100)

  await kafka.kill9()
  const before = { sold: buyers.tally.acknowledged.size, confirmed: buyers.tally.confirmed.size }
  await until('the sale goes on without Kafka', () => buyers.tally.acknowledged.size > before.sold + 400)
  assert.ok(buyers.tally.confirmed.size > before.confirmed)
  assert.ok((await waiting()) > 0, 'the outbox keeps the events')
  await kafka.restart()
  const since = buyers.tally.acknowledged.size
  await until('the sale goes on with Kafka', () => buyers.tally.acknowledged.size > since + 200)

  const tally = await buyers.stop()
  const refused = [...tally.answers.keys()].filter((answer) => / (5\d\d|none)/.test(answer))
  assert.deepEqual(refused, [], `nobody noticed: ${JSON.stringify([...tally.answers])}`)
  const audit = await runCommand(['audit', '--kafka', '--json'], stores)
  assert.equal(audit.code, 0, audit.stdout.slice(0, 2000) + audit.stderr)
  assert.ok(JSON.parse(audit.stdout).kafka.equal)
  assert.equal(await waiting(), 0)
  await assertProven(stores, tally, { kafka: true })

  // A booking that says of itself that it has had one event more than were published.
  const [more] = await query<{ id: string }>(
    database.url,
    `UPDATE bookings SET version = version + 1
      WHERE id = (SELECT id FROM bookings WHERE status = 'confirmed' LIMIT 1) RETURNING id`,
  )
  const found = await runCommand(['audit', '--kafka', '--json'], stores)
  assert.equal(found.code, 1)
  assert.deepEqual(JSON.parse(found.stdout).kafka.missingInKafka, [`${more?.id} version 3`])
})
