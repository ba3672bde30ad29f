import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { makeExpire } from '../../src/booking/expire.ts'
import type { Hold } from '../../src/booking/model.ts'
import { partitionOfEvent } from '../../src/pipeline/partition.ts'
import { dueKey } from '../../src/redis/keys.ts'
import { makeExpiryWorker } from '../../src/workers/expiry.ts'
import { openService, type TestService } from '../support/service.ts'
import { withoutPostgres, withoutRedis } from '../support/stores.ts'
import { assertSound, atOnce, liveSeats, redisOf, runUntil } from './probe.ts'

const skip = withoutRedis || withoutPostgres
const service = (skip ? null : await openService({ after })) as TestService

/** Keys that belong to the event or to nobody: what is left when every hold has ended. */
async function keysLeft(): Promise<string[]> {
  const keys = await redisOf(service)((redis) => redis.keys('*'))
  return [...new Set(keys.map((key) => key.split(':')[0] as string))].sort()
}

test('twelve hundred due holds of one partition all end in one tick and leave nothing behind', {
  skip,
}, async () => {
  const { event, zoneIds } = await service.event([1500], { maxTicketsPerUser: 2 })
  const zoneId = zoneIds[0] as string
  const reserve = (i: number): Promise<Hold> =>
    service.hold(event.id, zoneId, { userId: `user-${i % 1100}`, idempotencyHash: `key-${i}` })
  const written = await atOnce(600, reserve)
  await service.persist()
  const unwritten = await atOnce(600, (i) => reserve(600 + i))
  const holds = [...written, ...unwritten]
  assert.equal(await liveSeats(service, zoneId), '300 available, 1200 held, 0 sold')

  await service.setClock(Math.max(...holds.map(({ expiresAtMs }) => expiresAtMs)))
  assert.equal(await service.expire(), 1200)
  assert.equal(await redisOf(service)((redis) => redis.exists(dueKey(partitionOfEvent(event.id)))), 0)
  assert.equal(await liveSeats(service, zoneId), '1500 available, 0 held, 0 sold')
  await service.persist()
  await service.setClock(null)

  // No hold, due, holds or taken; an empty stream remembers its last id.
  assert.deepEqual(await keysLeft(), ['gen', 'idem', 'inv', 'rebuilder', 'server', 'wal'])
  const { rows } = await service.stores.database.query<{ type: string; messages: number }>({
    text: 'SELECT type, count(*)::int AS messages FROM outbox GROUP BY type ORDER BY type',
  })
  assert.deepEqual(rows, [
    { type: 'booking.expired', messages: 1200 },
    { type: 'booking.reserved', messages: 1200 },
  ])
  await assertSound(service)
})

test('confirmed, cancelled and refunded holds leave no more than expired ones', { skip }, async () => {
  const { event, zoneIds } = await service.event([10])
  const zoneId = zoneIds[0] as string
  const [confirmed, cancelled, refunded] = await atOnce(3, (i) =>
    service.hold(event.id, zoneId, { userId: `buyer-${i}` }),
  )
  for (const hold of [confirmed, refunded] as Hold[]) {
    await service.confirm({ ...hold, paymentId: await service.pay(hold) })
  }
  await service.cancel(cancelled as Hold)
  await service.refund({ ...(refunded as Hold), role: 'customer' })
  await service.persist()
  // Who bought still counts towards the limit, and that the refund's seats were freed is remembered for a while.
  assert.deepEqual(await keysLeft(), ['freed', 'gen', 'idem', 'inv', 'rebuilder', 'server', 'taken', 'wal'])
  const taken = await redisOf(service)(async (redis) => {
    const [key = ''] = await redis.keys('taken:*')
    return redis.hgetall(key)
  })
  assert.deepEqual(taken, { 'buyer-0': '1' })
  await assertSound(service)
})

test('holds end in the order of their times, and not before', { skip }, async () => {
  const { event, zoneIds } = await service.event([10])
  const zoneId = zoneIds[0] as string
  const startMs = Date.now()
  const holds: Hold[] = []
  for (let minute = 0; minute < 3; minute++) {
    await service.setClock(startMs + minute * 60_000)
    holds.push(await service.hold(event.id, zoneId))
  }
  for (const [i, { expiresAtMs }] of holds.entries()) {
    await service.setClock(expiresAtMs - 1)
    assert.equal(await service.expire(), 0)
    await service.setClock(expiresAtMs)
    assert.equal(await service.expire(), 1)
    assert.equal(await liveSeats(service, zoneId), `${8 + i} available, ${2 - i} held, 0 sold`)
  }
  await service.setClock(null)
  await assertSound(service)
})

test('a due time without a hold is an accident and is removed', { skip }, async () => {
  const { event, zoneIds } = await service.event([10])
  const hold = await service.hold(event.id, zoneIds[0] as string)
  const due = dueKey(partitionOfEvent(event.id))
  await redisOf(service)((redis) => redis.zadd(due, 1, hold.bookingId.replace(/^./, 'f')))
  assert.equal(await service.expire(), 0)
  assert.deepEqual(await redisOf(service)((redis) => redis.zrange(due, '0', '-1')), [hold.bookingId])
  await assertSound(service)
})

test('two expiry workers share the work: every hold expires once', { skip }, async () => {
  const { event, zoneIds } = await service.event([700])
  const zoneId = zoneIds[0] as string
  const holds = await atOnce(700, () => service.hold(event.id, zoneId))
  await service.setClock(Math.max(...holds.map(({ expiresAtMs }) => expiresAtMs)))
  const errors: unknown[] = []
  let expired = 0
  const workers = Array.from({ length: 2 }, () =>
    makeExpiryWorker({
      expire: makeExpire(service.core),
      tickMs: 10,
      observer: {
        expired(bookings) {
          expired += bookings
        },
      },
      onError: (_, error) => errors.push(error),
    }),
  )
  await runUntil(workers, () => expired >= 700)
  await service.setClock(null)
  assert.deepEqual(errors, [])
  assert.equal(expired, 700)
  assert.equal(await liveSeats(service, zoneId), '700 available, 0 held, 0 sold')
  await assertSound(service)
})
