/** Every reservation reaches PostgreSQL, and its event the outbox, exactly once: whoever dies, and however many write. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Hold } from '../../src/booking/model.ts'
import { partitionOfEvent } from '../../src/pipeline/partition.ts'
import type { Database } from '../../src/postgres/database.ts'
import { makeWriteAheadLog } from '../../src/postgres/write-ahead-log.ts'
import { streamKey } from '../../src/redis/keys.ts'
import { makePersister } from '../../src/workers/persister.ts'
import { assertSound, atOnce, messagesOf, redisOf, runUntil, statusOf } from '../booking/probe.ts'
import { openService, type TestService } from '../support/service.ts'
import { withoutPostgres, withoutRedis } from '../support/stores.ts'

const skip = withoutRedis || withoutPostgres
const service = (skip ? null : await openService({ after })) as TestService

async function someHolds(count: number): Promise<{ holds: Hold[]; partition: number }> {
  const { event, zoneIds } = await service.event([count])
  const holds = await atOnce(count, () => service.hold(event.id, zoneIds[0] as string))
  return { holds, partition: partitionOfEvent(event.id) }
}

/** Every booking is written, with one event, and the streams are empty. */
async function assertWrittenOnce(holds: readonly Hold[]): Promise<void> {
  const ids = holds.map(({ bookingId }) => bookingId)
  const { rows } = await service.stores.database.query<{ booking_id: string; messages: number }>({
    text: `SELECT b.id AS booking_id, count(o.*)::int AS messages FROM bookings b
      LEFT JOIN outbox o ON o.booking_id = b.id WHERE b.id = ANY ($1::uuid[]) GROUP BY b.id`,
    values: [ids],
  })
  assert.equal(rows.length, ids.length)
  assert.deepEqual([...new Set(rows.map(({ messages }) => messages))], [1])
  assert.equal(await backlog(), 0)
}

async function backlog(): Promise<number> {
  return (await service.stream.backlog()).reduce((sum, { entries }) => sum + entries, 0)
}

/** A database whose transactions end in a crash, before or after the commit. */
function crashing(when: 'before commit' | 'after commit'): Database {
  const { database } = service.stores
  const crash = (): never => {
    throw new Error('crash')
  }
  return {
    ...database,
    async transaction(work) {
      if (when === 'after commit') {
        await database.transaction(work)
        return crash()
      }
      return database.transaction(async (client) => {
        await work(client)
        return crash()
      })
    },
  }
}

function persistWith(database: Database, partition: number, limit = 100) {
  const log = makeWriteAheadLog(database, () => {})
  return log.persist(partition, (afterId) => service.stream.read(partition, afterId, limit))
}

interface Progress {
  written: number
  trims: number
  errors: unknown[]
}

/** Runs persister workers until a test has seen enough. */
async function runPersisters(count: number, isEnough: (progress: Progress) => boolean): Promise<Progress> {
  const progress: Progress = { written: 0, trims: 0, errors: [] }
  const persisters = Array.from({ length: count }, () =>
    makePersister({
      stream: {
        ...service.stream,
        async trim(partition, throughId) {
          await service.stream.trim(partition, throughId)
          progress.trims++
        },
      },
      log: service.core.writeAheadLog,
      batchMaxEntries: 25,
      idleMs: 1,
      observer: {
        written(entries) {
          progress.written += entries
        },
        backlog: () => {},
      },
      onError: (_, error) => progress.errors.push(error),
    }),
  )
  await runUntil(persisters, () => isEnough(progress))
  return progress
}

test('a persister that dies before its commit leaves nothing, and the next one writes it all', {
  skip,
}, async () => {
  const { holds, partition } = await someHolds(20)
  await assert.rejects(persistWith(crashing('before commit'), partition), /crash/)
  assert.equal(await statusOf(service, holds[0]?.bookingId ?? ''), null)
  assert.equal(await backlog(), 20)
  assert.equal(await service.persist(), 20)
  await assertWrittenOnce(holds)
  await assertSound(service)
})

test('a persister that dies between its commit and the trimming leaves entries that are skipped', {
  skip,
}, async () => {
  const { holds, partition } = await someHolds(20)
  await assert.rejects(persistWith(crashing('after commit'), partition, 15), /crash/)
  assert.equal(await backlog(), 20)
  assert.equal(await service.persist(), 5)
  await assertWrittenOnce(holds)
  await assertSound(service)
})

test('what a dead persister left behind is removed by the next, although nothing new comes', {
  skip,
}, async () => {
  const { holds, partition } = await someHolds(20)
  await assert.rejects(persistWith(crashing('after commit'), partition), /crash/)
  assert.equal(await backlog(), 20)
  const { written, errors } = await runPersisters(1, ({ trims }) => trims > 0)
  assert.deepEqual([written, errors], [0, []])
  await assertWrittenOnce(holds)
  await assertSound(service)
})

test('two persisters at once, holds still arriving: each is written once', { skip }, async () => {
  const { event, zoneIds } = await service.event([600])
  const holds: Hold[] = []
  const arriving = (async () => {
    for (let round = 0; round < 12; round++) {
      holds.push(...(await atOnce(50, () => service.hold(event.id, zoneIds[0] as string))))
    }
  })()
  const [{ written, errors }] = await Promise.all([
    runPersisters(2, (progress) => progress.written >= 600),
    arriving,
  ])
  assert.deepEqual(errors, [])
  assert.equal(written, 600)
  await assertWrittenOnce(holds)
  await assertSound(service)
})

test('while one process writes a partition, another is told so and does not wait', { skip }, async () => {
  const { holds, partition } = await someHolds(3)
  const reading = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  const first = service.core.writeAheadLog.persist(partition, async (afterId) => {
    reading.resolve()
    await goOn.promise
    return service.stream.read(partition, afterId, 100)
  })
  await reading.promise
  assert.deepEqual(await persistWith(service.stores.database, partition), { kind: 'busy' })
  goOn.resolve()
  const written = await first
  assert.ok(written.kind === 'written')
  await service.stream.trim(partition, written.throughId)
  await assertWrittenOnce(holds)
  await assertSound(service)
})

test('endings that come before the persister write the reservation too; the persister adds nothing', {
  skip,
}, async () => {
  const { holds } = await someHolds(3)
  const [confirmed, cancelled, expired] = holds as [Hold, Hold, Hold]
  await service.confirm({ ...confirmed, paymentId: await service.pay(confirmed) })
  await service.cancel(cancelled)
  await service.setClock(expired.expiresAtMs)
  assert.equal(await service.expire(), 1)
  await service.setClock(null)
  assert.equal(await service.persist(), 3)
  const messages = await Promise.all(holds.map(({ bookingId }) => messagesOf(service, bookingId)))
  assert.deepEqual(messages, [
    ['booking.reserved 1', 'booking.confirmed 2'],
    ['booking.reserved 1', 'booking.cancelled 2'],
    ['booking.reserved 1', 'booking.expired 2'],
  ])
  await assertSound(service)
})

test('persisting and confirming at once: reserved 1, then confirmed 2, for every booking', {
  skip,
}, async () => {
  const { event, zoneIds } = await service.event([60])
  const holds = await atOnce(60, () => service.hold(event.id, zoneIds[0] as string))
  const payments = await Promise.all(holds.map((hold) => service.pay(hold)))
  await Promise.all([
    ...holds.map((hold, i) => service.confirm({ ...hold, paymentId: payments[i] as string })),
    service.persist(),
  ])
  await service.persist()
  for (const { bookingId } of holds) {
    assert.deepEqual(await messagesOf(service, bookingId), ['booking.reserved 1', 'booking.confirmed 2'])
  }
  await assertSound(service)
})

test('entries that no constraint admits are put aside, and every other is written', { skip }, async () => {
  const { event, zoneIds } = await service.event([10])
  const partition = partitionOfEvent(event.id)
  const reserve = () => service.hold(event.id, zoneIds[0] as string)
  const before = await atOnce(5, reserve)
  const nobody = '00000000-0000-7000-8000-000000000000'
  const broken: Record<string, string>[] = [
    { q: '0' },
    { q: '-1' },
    { q: '40000' },
    { z: nobody },
    { e: nobody },
    { p: '-1' },
    { p: 'much' },
    { b: 'no id' },
  ]
  const rejected: string[] = []
  for (const fields of broken) {
    const { bookingId } = service.command(event.id, '')
    const flat = Object.entries({ ...fieldsOf(before[0] as Hold), b: bookingId, ...fields }).flat()
    rejected.push((await redisOf(service)((redis) => redis.xadd(streamKey(partition), '*', ...flat))) ?? '')
  }
  const later = await atOnce(5, reserve)

  assert.equal(await service.persist(), 10 + broken.length)
  await assertWrittenOnce([...before, ...later])
  const { rows } = await service.stores.database.query<{ entry_id: string }>({
    text: 'SELECT entry_id FROM wal_rejected WHERE partition = $1',
    values: [partition],
  })
  assert.deepEqual(rows.map(({ entry_id }) => entry_id).sort(), rejected.sort())
  assert.equal((await service.metrics.persistRejected.get()).values[0]?.value, broken.length)
  assert.deepEqual(await service.findings(), [{ kind: 'rejected_entries', entries: broken.length }])
  await service.stores.database.query({ text: 'DELETE FROM wal_rejected' })
  await assertSound(service)
})

function fieldsOf(hold: Hold): Record<string, string> {
  const { userId: u, eventId: e, showId: s, zoneId: z, currency: c } = hold
  const numbers = { q: hold.quantity, p: hold.unitPriceMinor, t: hold.createdAtMs, d: hold.expiresAtMs }
  const texts = Object.entries(numbers).map(([name, value]) => [name, String(value)])
  return { u, e, s, z, c, i: '', x: '', ...Object.fromEntries(texts) }
}
