import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { makeKafka, plainAccess } from '../../src/kafka/client.ts'
import { makeConsumedEvents } from '../../src/postgres/consumed-events.ts'
import { runCommand } from '../faults/process.ts'
import { until } from '../faults/proof.ts'
import { openDatabase, openKafka, withoutKafka, withoutPostgres } from '../support/stores.ts'
import { connectDatabase } from './database.ts'
import { eventMessage, makeGroup, send } from './group.ts'

const skip = withoutPostgres || withoutKafka
const url = skip ? '' : (await openDatabase({ after })).url

const TRACE = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`

test('npm run dlq: what was given up is listed, sent back as it was, really worked on, and sent back once', {
  skip,
}, async (t) => {
  const { brokers, topic } = openKafka(t)
  const prefix = topic('')
  const kafka = makeKafka({ ...plainAccess(brokers), clientId: 'test' })
  const dlq = (...args: string[]) =>
    runCommand(['dlq', ...args], {
      redisUrl: 'redis://127.0.0.1:9',
      databaseUrl: url,
      kafkaBrokers: brokers,
      topicPrefix: prefix,
    })
  const [first, second, third] = [randomUUID(), randomUUID(), randomUUID()]
  await send(kafka, prefix, [
    { ...eventMessage(randomUUID(), 1, { eventId: first }), headers: { traceparent: TRACE } },
    eventMessage(randomUUID(), 1, { eventId: second }),
    eventMessage(randomUUID(), 1, { eventId: third }),
  ])
  const database = await connectDatabase(url)
  let mended = false
  const traces = new Map<string, string | null>()
  const group = makeGroup(kafka, prefix, {
    consumed: makeConsumedEvents(database),
    maxAttempts: 1,
    async handler({ eventId, traceparent }) {
      if (!mended) throw new Error('a defect')
      traces.set(eventId, traceparent)
    },
  })
  group.start()
  try {
    await until('all are given up', () => group.count('dead') === 3)

    const listed = await dlq('list', '--json')
    assert.equal(listed.code, 0, listed.stderr)
    const letters = listed.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.deepEqual(letters.map(({ eventId }) => eventId).toSorted(), [first, second, third].toSorted())
    for (const letter of letters) {
      assert.equal(letter.topic, 'booking-events')
      assert.equal(letter.reason, 'Error: a defect')
      assert.equal(letter.attempts, 1)
    }
    assert.match((await dlq('list', '--limit', '1')).stdout, /a defect\nand 2 more\n$/)
    assert.equal((await dlq('replay')).code, 2, 'never everything because a name was forgotten')

    mended = true
    const unknown = randomUUID()
    const one = await dlq('replay', '--event-id', first, '--event-id', unknown)
    assert.equal(one.code, 1)
    assert.match(one.stdout, /^1 events were sent back/)
    assert.match(one.stderr, new RegExp(unknown))
    await until('it is worked on', () => group.count('worked') === 1)
    const rest = await dlq('replay', '--topic', 'booking-events', '--all')
    assert.equal(rest.code, 0, rest.stderr)
    assert.match(rest.stdout, /^2 events were sent back/)
    await until('the rest is worked on', () => group.count('worked') === 3)
    assert.match((await dlq('replay', '--all')).stdout, /^0 events were sent back/)
    assert.match((await dlq('list')).stdout, /^0 events/)
  } finally {
    await group.stop()
    await database.close()
  }
  assert.deepEqual(group.count('duplicate'), 0)
  assert.deepEqual(
    traces,
    new Map([
      [first, TRACE],
      [second, null],
      [third, null],
    ]),
  )
})
