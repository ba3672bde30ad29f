import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { Value } from 'typebox/value'
import { makeKafka, plainAccess } from '../../src/kafka/client.ts'
import { makePublisher } from '../../src/kafka/publisher.ts'
import { readTopic } from '../../src/kafka/read-topic.ts'
import { OUTBOX_SHARDS } from '../../src/pipeline/ports.ts'
import { makeOutbox } from '../../src/postgres/outbox.ts'
import { openService, type TestService } from '../support/service.ts'
import { openKafka, withoutKafka, withoutPostgres, withoutRedis } from '../support/stores.ts'

const skip = withoutRedis || withoutPostgres || withoutKafka
const service = (skip ? null : await openService({ after })) as TestService
const schemaOf = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../docs/events/${name}.schema.json`, import.meta.url), 'utf8'))
const schema = schemaOf('booking-event')

test('a topic that nobody has published to yet is read as empty', { skip: withoutKafka }, async (t) => {
  const { brokers, topic } = openKafka(t)
  const kafka = makeKafka({ ...plainAccess(brokers), clientId: 'test' })
  assert.equal(await readTopic(kafka, topic('booking-events'), assert.fail), 0)
})

test('every event of a booking reaches Kafka, in order, in the form that docs/events says', {
  skip,
}, async (t) => {
  const { event, zoneIds } = await service.event([100])
  const zoneId = zoneIds[0] as string
  for (let i = 0; i < 20; i++) {
    const hold = await service.hold(event.id, zoneId, {
      traceparent: `00-${'a'.repeat(31)}${i % 10}-${'b'.repeat(16)}-01`,
    })
    await service.confirm({
      bookingId: hold.bookingId,
      userId: hold.userId,
      paymentId: await service.pay(hold),
    })
    if (i % 2 === 0)
      await service.refund({ bookingId: hold.bookingId, userId: hold.userId, role: 'customer' })
  }
  await service.persist()

  const { brokers, topic } = openKafka(t)
  const prefix = topic('')
  const kafka = makeKafka({ ...plainAccess(brokers), clientId: 'test' })
  const published = new Map<string, number>()
  const publisher = makePublisher(kafka, prefix, {
    published: (name, messages) => published.set(name, (published.get(name) ?? 0) + messages),
    failed: () => assert.fail('Kafka did not take the events'),
  })
  t.after(() => publisher.close())
  const outbox = makeOutbox(service.stores.database)
  for (let shard = 0; shard < OUTBOX_SHARDS; shard++) {
    while ((await outbox.drain(shard, 7, (messages) => publisher.publish(messages))) !== 0);
  }

  const versions = new Map<string, number[]>()
  const read = await readTopic(kafka, `${prefix}booking-events`, (key, value) => {
    const message = JSON.parse(value)
    assert.deepEqual([...Value.Errors(schema, message)], [])
    assert.equal(message.data.booking_id, key)
    versions.set(key, [...(versions.get(key) ?? []), message.booking_version])
  })
  assert.equal(read, 50)
  assert.equal(versions.size, 20)
  for (const seen of versions.values()) assert.deepEqual(seen, seen.length === 3 ? [1, 2, 3] : [1, 2])
  for (const [name, messages] of [
    ['payment-command', 10],
    ['payment-event', 20],
  ] as const) {
    const form = schemaOf(name)
    const count = await readTopic(kafka, `${prefix}${name}s`, (key, value) => {
      const message = JSON.parse(value)
      assert.deepEqual([...Value.Errors(form, message)], [])
      assert.equal(message.data.booking_id, key)
    })
    assert.equal(count, messages)
  }
  assert.deepEqual(
    published,
    new Map([
      [`${prefix}booking-events`, 50],
      [`${prefix}payment-commands`, 10],
      [`${prefix}payment-events`, 20],
    ]),
  )
  assert.deepEqual(await outbox.backlog(), { rows: 0, oldestSeconds: 0 })
})

test('what Kafka did not take stays in the outbox', { skip }, async () => {
  const { event, zoneIds } = await service.event([10])
  const hold = await service.hold(event.id, zoneIds[0] as string)
  await service.persist()
  const outbox = makeOutbox(service.stores.database)
  for (let shard = 0; shard < OUTBOX_SHARDS; shard++) {
    await outbox.drain(shard, 10, () => Promise.reject(new Error('away'))).catch(() => {})
  }
  const bookings: string[] = []
  for (let shard = 0; shard < OUTBOX_SHARDS; shard++) {
    await outbox.drain(shard, 10, async (messages) => {
      for (const { bookingId } of messages) bookings.push(bookingId)
    })
  }
  assert.deepEqual(bookings, [hold.bookingId])
})
