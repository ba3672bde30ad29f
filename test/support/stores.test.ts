import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Redis } from 'ioredis'
import { Kafka, logLevel } from 'kafkajs'
import { Client } from 'pg'
import {
  openDatabase,
  openKafka,
  openOwnKafka,
  openPostgres,
  openRedis,
  withoutKafka,
  withoutPostgres,
  withoutRedis,
} from './stores.ts'

test('a Redis of its own keeps its data over a restart and over kill -9', {
  skip: withoutRedis,
}, async (t) => {
  const server = await openRedis(t)
  const redis = new Redis(server.port, { retryStrategy: () => 20 })
  redis.on('error', () => undefined)
  t.after(() => redis.disconnect())
  await redis.set('kept', '1')
  await server.restart()
  assert.equal(await redis.get('kept'), '1')
  await server.kill9()
  await server.restart()
  assert.equal(await redis.get('kept'), '1')
})

test('a Redis can follow another and become a primary again', { skip: withoutRedis }, async (t) => {
  const primary = await openRedis(t)
  const replica = await openRedis(t)
  const [a, b] = [new Redis(primary.port), new Redis(replica.port)]
  t.after(() => [a, b].forEach((redis) => void redis.disconnect()))
  await a.set('k', 'v')
  replica.replicaOf(primary)
  while ((await b.get('k')) !== 'v') await a.wait(1, 100)
  replica.replicaOf(undefined)
  assert.equal(await b.set('k', 'w'), 'OK')
})

test('two databases from the template are migrated and do not see each other', {
  skip: withoutPostgres,
}, async (t) => {
  const [one, two] = await Promise.all([openDatabase(t), openDatabase(t)])
  assert.notEqual(one.url, two.url)
  for (const { url } of [one, two]) {
    const client = new Client(url)
    await client.connect()
    const { rows } = await client.query(
      "SELECT count(*)::int AS tables FROM pg_tables WHERE schemaname = 'public'",
    )
    assert.ok(rows[0].tables > 0)
    await client.query('CREATE TABLE only_here (id int)')
    await client.end()
  }
})

test('a PostgreSQL of its own comes back after kill -9 with what was committed', {
  skip: withoutPostgres,
}, async (t) => {
  const server = await openPostgres(t)
  const write = new Client(server.url)
  write.on('error', () => undefined)
  await write.connect()
  await write.query('CREATE TABLE kept AS SELECT 1 AS id')
  await server.kill9()
  await server.restart()
  const read = new Client(server.url)
  await read.connect()
  assert.equal((await read.query('SELECT id FROM kept')).rowCount, 1)
  await read.end()
})

test('a Kafka of its own comes back after kill -9 with its topics', { skip: withoutKafka }, async (t) => {
  const server = await openOwnKafka(t)
  await roundTrip(server.brokers, server.topic('seats'))
  await server.kill9()
  await server.restart()
  const admin = new Kafka({ brokers: [server.brokers], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  const topics = await admin.listTopics()
  await admin.disconnect()
  assert.ok(topics.includes(server.topic('seats')))
})

test('a message goes through the shared Kafka on a topic of its own', { skip: withoutKafka }, async (t) => {
  const { brokers, topic } = openKafka(t)
  await roundTrip(brokers, topic('seats'))
})

/** Closes its clients itself: an after hook would come when the broker is gone, and kafkajs would wait for it. */
async function roundTrip(brokers: string, topic: string): Promise<void> {
  const kafka = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING })
  const [admin, producer, consumer] = [kafka.admin(), kafka.producer(), kafka.consumer({ groupId: topic })]
  try {
    await admin.connect()
    await admin.createTopics({ topics: [{ topic }], waitForLeaders: true })
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    assert.equal(topics[0]?.partitions.length, 4)
    await producer.connect()
    await producer.send({ topic, acks: -1, messages: [{ key: 'k', value: 'v' }] })
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    const got = Promise.withResolvers<string | undefined>()
    await consumer.run({ eachMessage: async ({ message }) => got.resolve(message.value?.toString()) })
    assert.equal(await got.promise, 'v')
  } finally {
    await Promise.all([admin.disconnect(), producer.disconnect(), consumer.disconnect()])
  }
}
