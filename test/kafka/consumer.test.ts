import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeKafka, plainAccess } from '../../src/kafka/client.ts'
import { makeConsumerLag } from '../../src/kafka/consumer-lag.ts'
import { type DeadLetter, readDeadLetters } from '../../src/kafka/dead-letter-desk.ts'
import { PoisonEvent, type ReceivedEvent } from '../../src/pipeline/consumer-ports.ts'
import { Unavailable } from '../../src/pipeline/unavailable.ts'
import { makeConsumedEvents } from '../../src/postgres/consumed-events.ts'
import { until } from '../faults/proof.ts'
import type { Cleanup } from '../support/restartable.ts'
import { openDatabase, openKafka, openPostgres, withoutKafka, withoutPostgres } from '../support/stores.ts'
import { connectDatabase } from './database.ts'
import { eventMessage, makeGroup, send } from './group.ts'

const skip = withoutPostgres || withoutKafka
const brokers = skip ? '' : openKafka({ after }).brokers
const kafka = makeKafka({ ...plainAccess(brokers), clientId: 'test' })
const database = skip ? null : await open({ after }, (await openDatabase({ after })).url)

async function open(t: Cleanup, url: string) {
  const opened = await connectDatabase(url)
  t.after(() => opened.close())
  return opened
}

function shared() {
  if (!database) throw new Error('there is no database')
  return makeConsumedEvents(database)
}

test('events of one booking are worked on in order, those of many at a time; each is committed after its work', {
  skip,
}, async (t) => {
  const prefix = openKafka(t).topic('')
  const bookings = Array.from({ length: 50 }, () => randomUUID())
  const messages = [1, 2, 3].flatMap((version) => bookings.map((id) => eventMessage(id, version)))
  // The same events once more, as a relay sends them that lost the answer; and one that comes late.
  await send(kafka, prefix, [...messages, ...messages, eventMessage(bookings[0] as string, 1)])

  const versions = new Map<string, number[]>()
  let atATime = 0
  let most = 0
  const group = makeGroup(kafka, prefix, {
    consumed: shared(),
    async handler({ bookingId, version }) {
      most = Math.max(most, ++atATime)
      await sleep(Math.random() * 5)
      versions.set(bookingId, [...(versions.get(bookingId) ?? []), version])
      atATime--
    },
  })
  const lag = makeConsumerLag(kafka)
  group.start()
  try {
    await until('everything is committed', async () => {
      return group.outcomes.length >= 301 && (await lag.of(`${prefix}group`, `${prefix}booking-events`)) === 0
    })
  } finally {
    await group.stop()
    await lag.close()
  }
  assert.equal(group.count('worked'), 150)
  assert.equal(group.count('duplicate'), 150)
  assert.equal(group.count('older'), 1)
  assert.equal(versions.size, 50)
  for (const seen of versions.values()) assert.deepEqual(seen, [1, 2, 3])
  assert.ok(most > 1 && most <= 8, `${most} at a time`)
})

test('what a group has done is known to the consumer after it; topics without versions drop duplicates only', {
  skip,
}, async (t) => {
  const prefix = openKafka(t).topic('')
  const [booking, again] = [randomUUID(), randomUUID()]
  const twice = eventMessage(booking, 3)
  await send(kafka, prefix, [twice], 'payment-events')
  const worked: ReceivedEvent[] = []
  const group = () =>
    makeGroup(kafka, prefix, {
      consumed: shared(),
      topic: 'payment-events',
      ignoreOlder: false,
      handler: async (event) => void worked.push(event),
    })
  const first = group()
  first.start()
  try {
    await until('the first has worked', () => first.count('worked') === 1)
  } finally {
    await first.stop()
  }

  await send(kafka, prefix, [twice, eventMessage(booking, 1), eventMessage(again, 0)], 'payment-events')
  const second = group()
  second.start()
  try {
    await until('the second has worked', () => second.outcomes.length === 3)
  } finally {
    await second.stop()
  }
  assert.deepEqual(second.outcomes.toSorted(), ['duplicate', 'worked', 'worked'])
  assert.deepEqual(worked.map(({ version }) => version).toSorted(), [0, 1, 3])
})

test('a consumer that joins a group at work, and one that leaves: every event is worked on, in order', {
  skip,
}, async (t) => {
  const prefix = openKafka(t).topic('')
  const bookings = Array.from({ length: 200 }, () => randomUUID())
  const all = [1, 2, 3, 4, 5].flatMap((version) => bookings.map((id) => eventMessage(id, version)))
  await send(kafka, prefix, all)
  const versions = new Map<string, number[]>()
  const byMember: [number, number] = [0, 0]
  const done = () => byMember.reduce((sum, some) => sum + some, 0)
  const member = (number: 0 | 1) =>
    makeGroup(kafka, prefix, {
      consumed: shared(),
      async handler({ bookingId, version }) {
        await sleep(10)
        versions.set(bookingId, [...(versions.get(bookingId) ?? []), version])
        byMember[number]++
      },
    })
  const [first, second] = [member(0), member(1)]
  first.start()
  try {
    await until('the first is at work', () => byMember[0] > 20)
    second.start()
    await until('the second has its share', () => byMember[1] > 20)
    await first.stop()
    await until('all is worked on', () => done() >= all.length)
  } finally {
    await Promise.all([first.stop(), second.stop()])
  }
  assert.equal(versions.size, 200)
  for (const seen of versions.values()) assert.deepEqual([...new Set(seen)], [1, 2, 3, 4, 5])
})

test('what can never be worked on goes to the dead-letter topic with its reason, and the partition goes on', {
  skip,
}, async (t) => {
  const prefix = openKafka(t).topic('')
  const booking = randomUUID()
  const [poison, failing, clumsy, slow] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()]
  await send(kafka, prefix, [
    { key: booking, value: 'no JSON' },
    { key: booking, value: JSON.stringify({ event_id: 'none' }) },
    { ...eventMessage(booking, 1, { eventId: poison }), headers: { traceparent: 'kept' } },
    eventMessage(booking, 2, { eventId: failing }),
    eventMessage(booking, 3, { eventId: clumsy }),
    eventMessage(booking, 4, { eventId: slow }),
    eventMessage(booking, 5),
  ])
  let refusals = 2
  const attempts = new Map<string, number>()
  const worked: number[] = []
  const group = makeGroup(kafka, prefix, {
    consumed: shared(),
    attemptTimeoutMs: 200,
    beforeGivingUp() {
      if (refusals-- > 0) throw new Unavailable('the dead-letter topic')
    },
    async handler({ eventId, version }) {
      const attempt = (attempts.get(eventId) ?? 0) + 1
      attempts.set(eventId, attempt)
      if (eventId === poison) throw new PoisonEvent('it names no payment')
      if (eventId === failing) throw new Error('it fails')
      if (eventId === clumsy && attempt < 3) throw new Error('it fails twice')
      // An answer that is late is an outage, so it does not count as a failure of the event.
      if (eventId === slow && attempt < 5) await new Promise(() => {})
      worked.push(version)
    },
  })
  group.start()
  try {
    await until('the last is worked on', () => group.outcomes.length === 7)
  } finally {
    await group.stop()
  }
  assert.deepEqual(worked, [3, 4, 5])
  assert.deepEqual(
    [poison, failing, clumsy, slow].map((id) => attempts.get(id)),
    [1, 3, 3, 5],
  )
  assert.ok(refusals < 0, 'the dead-letter topic refused, and was asked again')

  const letters = await readDeadLetters(kafka, prefix, 'booking-events')
  const offsetOf = ({ message }: DeadLetter) => Number(message.headers?.['dlq-offset'])
  letters.sort((a, b) => offsetOf(a) - offsetOf(b))
  assert.deepEqual(
    letters.map(({ eventId, reason, attempts: made }) => [eventId, reason, made]),
    [
      [null, 'the value is not JSON', 0],
      ['none', letters[1]?.reason, 0],
      [poison, 'PoisonEvent: it names no payment', 1],
      [failing, 'Error: it fails', 3],
    ],
  )
  assert.match(letters[1]?.reason ?? '', /^the value is not an event: it must have required properties/)
  const headers = letters[2]?.message.headers ?? {}
  assert.equal(String(headers.traceparent), 'kept')
  assert.equal(String(headers['dlq-topic']), `${prefix}booking-events`)
  assert.equal(String(headers['dlq-offset']), '2')
  assert.equal(String(headers['dlq-group']), `${prefix}group`)
  assert.ok(Math.abs(Date.parse(letters[2]?.firstFailedAt ?? '') - Date.now()) < 60_000)
})

test('PostgreSQL killed while events come: none is given up, and all are worked on when it is back', {
  skip,
}, async (t) => {
  const prefix = openKafka(t).topic('')
  const postgres = await openPostgres(t)
  const own = await open(t, postgres.url)
  const worked = new Set<string>()
  const group = makeGroup(kafka, prefix, {
    consumed: makeConsumedEvents(own),
    maxAttempts: 1,
    async handler({ eventId }) {
      await own.query({ text: 'SELECT 1' })
      worked.add(eventId)
    },
  })
  await send(kafka, prefix, [eventMessage(randomUUID(), 1)])
  group.start()
  try {
    await until('events flow', () => group.count('worked') === 1)
    await postgres.kill9()
    await send(
      kafka,
      prefix,
      Array.from({ length: 40 }, () => eventMessage(randomUUID(), 1)),
    )
    await until('the outage is noticed, more often than an event may fail', () => group.errors.length > 5)
    await postgres.restart()
    await until('all are worked on', () => group.count('worked') === 41)
  } finally {
    await group.stop()
  }
  assert.equal(worked.size, 41)
  assert.equal(group.count('dead'), 0)
  assert.deepEqual(await readDeadLetters(kafka, prefix, 'booking-events'), [])
})
