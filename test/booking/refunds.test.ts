import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Hold } from '../../src/booking/model.ts'
import { openService, type TestService } from '../support/service.ts'
import { withoutPostgres, withoutRedis } from '../support/stores.ts'
import { interfere, makeGate, type Places } from './interference.ts'
import { assertSound, atOnce, kinds, liveSeats, messagesOf, redisOf, statusOf, zoneOf } from './probe.ts'

const skip = withoutRedis || withoutPostgres
const places: Places = {}
const service = (skip ? null : await openService({ after })) as TestService
/** Another process on the same stores. */
const other = skip
  ? (null as never)
  : await openService(
      { after },
      { redis: service.redis, databaseUrl: service.databaseUrl, wrap: interfere(places) },
    )

const bought = ['booking.reserved 1', 'booking.confirmed 2', 'booking.refunded 3', 'refund.requested 1']

async function aBooking(refundWindowHours = 24): Promise<Hold> {
  const { event, zoneIds } = await service.event([10], { refundWindowHours })
  const hold = await service.hold(event.id, zoneIds[0] as string, { quantity: 3 })
  await confirm(hold)
  return hold
}

async function confirm(hold: Hold): Promise<void> {
  const { bookingId, userId } = hold
  const outcome = await service.confirm({ bookingId, userId, paymentId: await service.pay(hold) })
  assert.equal(outcome.kind, 'confirmed')
}

const holder = ({ bookingId, userId }: Hold) => ({ bookingId, userId, role: 'customer' as const })
const organizer = ({ bookingId }: Hold) => ({ bookingId, userId: 'organizer', role: 'organizer' as const })

test('a refund frees the seats in both stores and asks for the money to be given back', {
  skip,
}, async () => {
  const hold = await aBooking()
  const outcome = await service.refund(holder(hold))
  assert.equal(outcome.kind, 'refunded')
  assert.equal(await liveSeats(service, hold.zoneId), '10 available, 0 held, 0 sold')
  assert.equal((await zoneOf(service, hold.zoneId)).stored.sold, 0)
  assert.deepEqual(await messagesOf(service, hold.bookingId), bought)
  await assertSound(service)
})

test('refunded twice: the second is told, the seats are freed once, the money is asked for once', {
  skip,
}, async () => {
  const hold = await aBooking()
  await service.refund(holder(hold))
  assert.deepEqual(await service.refund(holder(hold)), { kind: 'already_released' })
  assert.equal(await liveSeats(service, hold.zoneId), '10 available, 0 held, 0 sold')
  assert.deepEqual(await messagesOf(service, hold.bookingId), bought)
  await assertSound(service)
})

test('ten refunds of one booking at once, from two processes: its seats are freed once', {
  skip,
}, async () => {
  for (let round = 0; round < 5; round++) {
    const hold = await aBooking()
    const outcomes = await atOnce(10, (i) => (i % 2 ? service : other).refund(holder(hold)))
    assert.deepEqual(kinds(outcomes), { refunded: 1, already_released: 9 })
    assert.equal(await liveSeats(service, hold.zoneId), '10 available, 0 held, 0 sold')
    assert.equal((await zoneOf(service, hold.zoneId)).stored.sold, 0)
    assert.deepEqual(await messagesOf(service, hold.bookingId), bought)
  }
  await assertSound(service)
})

test('a refund that saw the booking confirmed and is slow finds it settled: its seats are not freed again', {
  skip,
}, async () => {
  const hold = await aBooking()
  const gate = makeGate()
  places.beforeOpenRefund = gate.pass
  const slow = other.refund(holder(hold))
  await gate.reached
  delete places.beforeOpenRefund
  assert.equal((await service.refund(holder(hold))).kind, 'refunded')
  gate.open()
  assert.deepEqual(await slow, { kind: 'already_released' })
  await service.setClock(Date.now() + 10 * service.config.ENDING_LEASE_MS)
  await service.expire()
  await service.setClock(null)
  assert.equal(await liveSeats(service, hold.zoneId), '10 available, 0 held, 0 sold')
  await assertSound(service)
})

test('the refund of a hold that was not confirmed, or has ended, is refused', { skip }, async () => {
  const { event, zoneIds } = await service.event([10])
  const hold = await service.hold(event.id, zoneIds[0] as string)
  await service.persist()
  assert.deepEqual(await service.refund(organizer(hold)), { kind: 'not_confirmed' })
  await service.cancel(hold)
  assert.deepEqual(await service.refund(organizer(hold)), { kind: 'already_released' })
  assert.equal(await liveSeats(service, hold.zoneId), '10 available, 0 held, 0 sold')
  await assertSound(service)
})

test('the holder refunds within the window; after it only who runs the event does', { skip }, async () => {
  const hold = await aBooking(1)
  await service.setClock(Date.now() + 3_600_000)
  assert.deepEqual(await service.refund(holder(hold)), { kind: 'window_closed' })
  assert.equal(await statusOf(service, hold.bookingId), 'confirmed')
  assert.equal(await liveSeats(service, hold.zoneId), '7 available, 0 held, 3 sold')
  const stranger = { ...organizer(hold), userId: 'organizer of another event' }
  assert.deepEqual(await service.refund(stranger), { kind: 'forbidden' })
  assert.equal((await service.refund(organizer(hold))).kind, 'refunded')
  assert.equal(await liveSeats(service, hold.zoneId), '10 available, 0 held, 0 sold')
  await assertSound(service)
})

test('a refund that was refused leaves no trace once expiry has looked, and a later one works', {
  skip,
}, async () => {
  const hold = await aBooking(0)
  assert.deepEqual(await service.refund(holder(hold)), { kind: 'window_closed' })
  await service.setClock(Date.now() + 3_600_000)
  await service.expire()
  const left = await redisOf(service)((redis) => redis.keys(`*${hold.bookingId}*`))
  assert.deepEqual(left, [])
  assert.equal(await liveSeats(service, hold.zoneId), '7 available, 0 held, 3 sold')
  assert.equal((await service.refund(organizer(hold))).kind, 'refunded')
  assert.equal(await liveSeats(service, hold.zoneId), '10 available, 0 held, 0 sold')
  await service.setClock(null)
  await assertSound(service)
})

test('confirmed again after it was refunded: it stays refunded', { skip }, async () => {
  const hold = await aBooking()
  await service.refund(holder(hold))
  const { bookingId, userId } = hold
  const outcome = await service.confirm({ bookingId, userId, paymentId: await service.pay(hold) })
  assert.deepEqual(outcome, { kind: 'released' })
  assert.equal(await liveSeats(service, hold.zoneId), '10 available, 0 held, 0 sold')
  await assertSound(service)
})

test('refunded seats are sold again, up to the capacity', { skip }, async () => {
  const { event, zoneIds } = await service.event([4])
  const zoneId = zoneIds[0] as string
  const first = await atOnce(4, () => service.hold(event.id, zoneId))
  await Promise.all(first.map(confirm))
  await Promise.all(first.slice(0, 2).map((hold) => service.refund(holder(hold))))
  const outcomes = await atOnce(20, () => service.reserve(service.command(event.id, zoneId)))
  assert.deepEqual(kinds(outcomes), { reserved: 2, sold_out: 18 })
  await Promise.all(
    outcomes.flatMap((outcome) => (outcome.kind === 'reserved' ? [confirm(outcome.hold)] : [])),
  )
  assert.deepEqual((await zoneOf(service, zoneId)).stored, {
    capacity: 4,
    sold: 4,
    confirmed: 4,
    reserved: 0,
  })
  await assertSound(service)
})
