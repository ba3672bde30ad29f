import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeKafka, plainAccess } from '../../src/kafka/client.ts'
import { makeConsumer } from '../../src/kafka/consumer.ts'
import { readDeadLetters } from '../../src/kafka/dead-letter-desk.ts'
import { makeConsumedEvents } from '../../src/postgres/consumed-events.ts'
import { connectDatabase } from '../kafka/database.ts'
import { eventMessage, makeGroup, send } from '../kafka/group.ts'
import { uniqueName } from '../support/restartable.ts'
import { notePid } from '../support/run-dir.ts'
import { openDatabase, openKafka, openOwnKafka, withoutKafka, withoutPostgres } from '../support/stores.ts'
import { until } from './proof.ts'

/** The shortest session that a broker allows. */
const times = { sessionTimeoutMs: 6000, stopTimeoutMs: 30_000 }
const skip = withoutPostgres || withoutKafka
const url = skip ? '' : (await openDatabase({ after })).url

test('a consumer that is killed in the middle of its work: another does what it had not finished', {
  skip,
}, async (t) => {
  const { brokers, topic } = openKafka(t)
  const prefix = topic('')
  const kafka = makeKafka({ ...plainAccess(brokers), clientId: 'test' })
  const booking = randomUUID()
  await send(
    kafka,
    prefix,
    [1, 2, 3].map((version) => eventMessage(booking, version)),
  )
  const script = resolve(import.meta.dirname, 'hanging-worker.ts')
  const child = spawn(process.execPath, [script, brokers, prefix, url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => void child.kill('SIGKILL'))
  notePid(process.env.FLOODGATE_TEST_DIR ?? '', uniqueName('consumer'), child.pid ?? 0, script)
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  await until('it is at work', () => said.includes('at work on 2'))
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit

  const database = await connectDatabase(url)
  const worked: number[] = []
  const group = makeGroup(kafka, prefix, {
    consumed: makeConsumedEvents(database),
    handler: async ({ version }) => void worked.push(version),
  })
  group.start()
  try {
    await until('the rest is worked on', () => worked.includes(3))
  } finally {
    await group.stop()
    await database.close()
  }
  assert.deepEqual(worked, [1, 2, 3])
})

test('a stop finishes what is under way, commits it, and leaves the rest to the next', {
  skip,
}, async (t) => {
  const { brokers, topic } = openKafka(t)
  const prefix = topic('')
  const kafka = makeKafka({ ...plainAccess(brokers), clientId: 'test' })
  const booking = randomUUID()
  await send(
    kafka,
    prefix,
    [1, 2, 3].map((version) => eventMessage(booking, version)),
  )
  const database = await connectDatabase(url)
  const worked: number[] = []
  const begun = Promise.withResolvers<void>()
  const finish = Promise.withResolvers<void>()
  const group = () =>
    makeGroup(kafka, prefix, {
      consumed: makeConsumedEvents(database),
      async handler({ version }) {
        begun.resolve()
        await finish.promise
        worked.push(version)
      },
    })
  const [first, second] = [group(), group()]
  try {
    first.start()
    await begun.promise
    const stopped = first.stop()
    finish.resolve()
    await stopped
    assert.deepEqual(worked, [1])
    second.start()
    await until('the second does the rest', () => second.outcomes.length === 2)
  } finally {
    await second.stop()
    await database.close()
  }
  assert.deepEqual(worked, [1, 2, 3])
  assert.deepEqual(second.outcomes, ['worked', 'worked'], 'the first had left the group, and committed')
})

test('a consumer that crashes for what kafkajs takes for final is made anew', { skip }, async (t) => {
  const { brokers, topic } = openKafka(t)
  const prefix = topic('')
  const kafka = makeKafka({ ...plainAccess(brokers), clientId: 'test' })
  await send(kafka, prefix, [eventMessage(randomUUID(), 1)])
  const errors: unknown[] = []
  let arrived = 0
  const consumer = makeConsumer(
    kafka,
    { groupId: `${prefix}group`, topicPrefix: prefix, topic: 'booking-events', ...times },
    async (arrivals) => {
      if (errors.length < 2) throw new TypeError('a defect')
      arrived += arrivals.length
      return arrivals.length
    },
    (error) => errors.push((error as Error).cause),
  )
  consumer.start()
  try {
    await until('it has recovered', () => arrived === 1)
  } finally {
    await consumer.stop()
  }
  assert.match(String(errors[0]), /a defect/)
})

test('Kafka killed while events are worked on, and away when a group starts: both do the work of every event', {
  skip,
}, async (t) => {
  const broker = await openOwnKafka(t)
  const prefix = broker.topic('')
  const kafka = makeKafka({ ...plainAccess(broker.brokers), clientId: 'test' })
  const database = await connectDatabase(url)
  const bookings = Array.from({ length: 1000 }, () => randomUUID())

  function scene(name: string) {
    const worked = new Map<string, number[]>()
    const group = makeGroup(kafka, prefix, {
      name,
      consumed: makeConsumedEvents(database),
      async handler({ bookingId, version }) {
        await sleep(3)
        worked.set(bookingId, [...(worked.get(bookingId) ?? []), version])
      },
    })
    const done = () => [...worked.values()].reduce((sum, versions) => sum + new Set(versions).size, 0)
    return { worked, group, done }
  }
  const [killed, late] = [scene('killed'), scene('late')]
  await send(
    kafka,
    prefix,
    [1, 2].flatMap((version) => bookings.map((id) => eventMessage(id, version))),
  )
  killed.group.start()
  try {
    await until('events flow', () => killed.done() > 100)
    await broker.kill9()
    assert.ok(killed.done() < 2000, 'it was killed in the middle')
    late.group.start()
    await until('the late one has noticed', () => late.group.errors.length > 0)
    await broker.restart()
    for (const { group, done } of [killed, late]) {
      await until('the work of every event is done', () => done() === 2000)
      await until('and known to be done', () => group.outcomes.length >= 2000)
    }
  } finally {
    await Promise.all([killed.group.stop(), late.group.stop()])
    await database.close()
  }
  // What was done and not committed may have come again, in order.
  for (const { worked } of [killed, late]) {
    for (const versions of worked.values()) assert.deepEqual([...new Set(versions)], [1, 2])
  }
  assert.deepEqual(await readDeadLetters(kafka, prefix, 'booking-events'), [])
})
