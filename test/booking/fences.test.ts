/** Whoever read from Redis before it was rebuilt may not write: what it read may have been forgotten, or counted already. */
import assert from 'node:assert/strict'
import { after, afterEach, test } from 'node:test'
import type { Hold } from '../../src/booking/model.ts'
import { partitionOfEvent } from '../../src/pipeline/partition.ts'
import { openService, type TestService } from '../support/service.ts'
import { withoutPostgres, withoutRedis } from '../support/stores.ts'
import { interfere, makeGate, type Places } from './interference.ts'
import { assertSound, kindOf, liveSeats, messagesOf, redisOf, statusOf } from './probe.ts'

const skip = withoutRedis || withoutPostgres
const places: Places = {}
const service = (skip ? null : await openService({ after })) as TestService
const late = skip
  ? (null as never)
  : await openService(
      { after },
      { redis: service.redis, databaseUrl: service.databaseUrl, wrap: interfere(places) },
    )

afterEach(() => {
  for (const name of Object.keys(places)) delete places[name as keyof Places]
})

async function aHold(): Promise<Hold> {
  const { event, zoneIds } = await service.event([10])
  return service.hold(event.id, zoneIds[0] as string, { quantity: 2 })
}

/** Redis is rebuilt while `late` is between reading and writing. */
async function rebuiltIn(place: 'afterOpen' | 'afterDue', work: () => Promise<string>): Promise<string> {
  const gate = makeGate()
  places[place] = gate.pass
  const answer = work()
  await gate.reached
  assert.equal((await service.reconcile(true)).kind, 'rebuilt')
  delete places[place]
  gate.open()
  return answer
}

const held = '8 available, 2 held, 0 sold'

test('a confirm that read its hold before a rebuild is refused and changes nothing; the next one works', {
  skip,
}, async () => {
  const hold = await aHold()
  const { bookingId, userId } = hold
  const paymentId = await service.pay(hold)
  const confirm = () => kindOf(late.confirm({ bookingId, userId, paymentId }))
  assert.equal(await rebuiltIn('afterOpen', confirm), 'unavailable')
  assert.equal(await statusOf(service, bookingId), 'reserved')
  assert.deepEqual(await messagesOf(service, bookingId), ['booking.reserved 1'])
  assert.equal(await liveSeats(service, hold.zoneId), held)
  assert.equal(await confirm(), 'confirmed')
  await assertSound(service)
})

test('a cancel that read its hold before a rebuild is refused and changes nothing', { skip }, async () => {
  const hold = await aHold()
  assert.equal(await rebuiltIn('afterOpen', () => kindOf(late.cancel(hold))), 'unavailable')
  assert.equal(await statusOf(service, hold.bookingId), 'reserved')
  assert.equal(await liveSeats(service, hold.zoneId), held)
  assert.equal(await kindOf(late.cancel(hold)), 'cancelled')
  await assertSound(service)
})

test('a refund that was begun before a rebuild is refused and changes nothing', { skip }, async () => {
  const hold = await aHold()
  const { bookingId, userId } = hold
  await service.confirm({ bookingId, userId, paymentId: await service.pay(hold) })
  const refund = () => kindOf(late.refund({ bookingId, userId, role: 'customer' }))
  assert.equal(await rebuiltIn('afterOpen', refund), 'unavailable')
  assert.equal(await statusOf(service, bookingId), 'confirmed')
  assert.equal(await liveSeats(service, hold.zoneId), '8 available, 0 held, 2 sold')
  assert.equal(await refund(), 'refunded')
  assert.equal(await liveSeats(service, hold.zoneId), '10 available, 0 held, 0 sold')
  await assertSound(service)
})

test('an expiry that read what is due before a rebuild ends nothing; the next tick does', {
  skip,
}, async () => {
  const hold = await aHold()
  await service.setClock(hold.expiresAtMs)
  assert.equal(await rebuiltIn('afterDue', async () => `${await late.expire()} expired`), '0 expired')
  assert.equal(await statusOf(service, hold.bookingId), 'reserved')
  assert.equal(await liveSeats(service, hold.zoneId), held)
  assert.equal(await late.expire(), 1)
  await assertSound(service)
})

test('a hold that Redis lost before anybody wrote it cannot be confirmed by who had read it', {
  skip,
}, async () => {
  const hold = await aHold()
  const { bookingId, userId } = hold
  const paymentId = await service.pay(hold)
  const gate = makeGate()
  places.afterOpen = gate.pass
  const answer = kindOf(late.confirm({ bookingId, userId, paymentId }))
  await gate.reached
  delete places.afterOpen
  // Redis comes back without its last second: hold, stock and entry are as if they had never been.
  await redisOf(service)((redis) => redis.flushall())
  assert.equal((await service.reconcile()).kind, 'rebuilt')
  gate.open()
  assert.equal(await answer, 'unavailable')
  assert.equal(await statusOf(service, bookingId), null)
  assert.equal(await liveSeats(service, hold.zoneId), '10 available, 0 held, 0 sold')
  assert.equal(await kindOf(late.confirm({ bookingId, userId, paymentId })), 'not_found')
  await assertSound(service)
})

test('entries that were read before a rebuild are not written after it', { skip }, async () => {
  const hold = await aHold()
  const partition = partitionOfEvent(hold.eventId)
  const { writeAheadLog } = service.core
  await service.persist()
  const lost = await service.hold(hold.eventId, hold.zoneId)
  const read = await service.stream.read(partition, '0-0', 100)
  assert.deepEqual(
    read.entries.map((entry) => entry.hold.bookingId),
    [lost.bookingId],
  )
  await redisOf(service)((redis) => redis.flushall())
  await service.reconcile()
  assert.deepEqual(await writeAheadLog.persist(partition, async () => read), { kind: 'fenced' })
  assert.equal(await statusOf(service, lost.bookingId), null)
  assert.deepEqual(await messagesOf(service, lost.bookingId), [])
  assert.equal(await liveSeats(service, hold.zoneId), held)
  await assertSound(service)
})

test('a rebuild waits for the batch that is being written, and counts it', { skip }, async () => {
  const hold = await aHold()
  const partition = partitionOfEvent(hold.eventId)
  const gate = makeGate()
  const writing = service.core.writeAheadLog.persist(partition, async (after) => {
    const read = await service.stream.read(partition, after, 100)
    await gate.pass()
    return read
  })
  await gate.reached
  const rebuilding = late.reconcile(true)
  gate.open()
  assert.equal((await writing).kind, 'written')
  assert.equal((await rebuilding).kind, 'rebuilt')
  assert.deepEqual(await messagesOf(service, hold.bookingId), ['booking.reserved 1'])
  assert.equal(await liveSeats(service, hold.zoneId), held)
  await assertSound(service)
})

test('a rebuild writes what the streams still have: no hold is lost, none is counted twice', {
  skip,
}, async () => {
  const { event, zoneIds } = await service.event([10])
  const zoneId = zoneIds[0] as string
  const keyed = { userId: 'ann', idempotencyHash: 'h' }
  const written = await service.hold(event.id, zoneId, keyed)
  await service.persist()
  const unwritten = await service.hold(event.id, zoneId)
  assert.equal((await service.reconcile(true)).kind, 'rebuilt')
  assert.equal(await service.persist(), 0)
  for (const { bookingId } of [written, unwritten]) {
    assert.deepEqual(await messagesOf(service, bookingId), ['booking.reserved 1'])
  }
  assert.equal(await liveSeats(service, zoneId), '8 available, 2 held, 0 sold')
  const again = await service.reserve(service.command(event.id, zoneId, keyed))
  assert.deepEqual(again, { kind: 'reserved', hold: written, remaining: 8, replayed: true })
  const next = await service.hold(event.id, zoneId)
  assert.equal(await service.persist(), 1)
  assert.deepEqual(await messagesOf(service, next.bookingId), ['booking.reserved 1'])
  await assertSound(service)
})
