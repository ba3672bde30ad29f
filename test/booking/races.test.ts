import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openService, type TestService } from '../support/service.ts'
import { withoutPostgres, withoutRedis } from '../support/stores.ts'
import { assertSound, atOnce, kinds, liveSeats } from './probe.ts'

const skip = withoutRedis || withoutPostgres
const service = (skip ? null : await openService({ after })) as TestService

async function zone(capacity: number, maxTicketsPerUser = 10) {
  const { event, zoneIds } = await service.event([capacity], { maxTicketsPerUser })
  return { eventId: event.id, zoneId: zoneIds[0] as string }
}

test('two hundred buyers, ten seats: ten holds, none oversold', { skip }, async () => {
  const { eventId, zoneId } = await zone(10)
  const outcomes = await atOnce(200, () => service.reserve(service.command(eventId, zoneId)))
  assert.deepEqual(kinds(outcomes), { reserved: 10, sold_out: 190 })
  assert.equal(await liveSeats(service, zoneId), '0 available, 10 held, 0 sold')
  assert.equal(await service.persist(), 10)
  assert.deepEqual(await service.findings(), [])
  await assertSound(service)
})

test('five hundred buyers, one seat: one hold', { skip }, async () => {
  const { eventId, zoneId } = await zone(1)
  const outcomes = await atOnce(500, () => service.reserve(service.command(eventId, zoneId)))
  assert.deepEqual(kinds(outcomes), { reserved: 1, sold_out: 499 })
  assert.equal(await service.persist(), 1)
  assert.deepEqual(await service.findings(), [])
  await assertSound(service)
})

test('buyers of several seats each get all of theirs or none', { skip }, async () => {
  const { eventId, zoneId } = await zone(10)
  const outcomes = await atOnce(40, () => service.reserve(service.command(eventId, zoneId, { quantity: 3 })))
  assert.deepEqual(kinds(outcomes), { reserved: 3, sold_out: 37 })
  const last = await service.reserve(service.command(eventId, zoneId, { quantity: 2 }))
  assert.deepEqual(last, { kind: 'sold_out', available: 1 })
  await service.hold(eventId, zoneId)
  assert.equal(await liveSeats(service, zoneId), '0 available, 10 held, 0 sold')
  await assertSound(service)
})

test('every answer says how many seats were left after it', { skip }, async () => {
  const { eventId, zoneId } = await zone(20)
  const outcomes = await atOnce(20, () => service.reserve(service.command(eventId, zoneId)))
  const left = outcomes.map((outcome) => (outcome.kind === 'reserved' ? outcome.remaining : -1))
  assert.deepEqual(
    left.sort((a, b) => a - b),
    Array.from({ length: 20 }, (_, i) => i),
  )
  await assertSound(service)
})

test('one user, fifty requests at once, a limit of four: four seats', { skip }, async () => {
  const { eventId, zoneId } = await zone(100, 4)
  const userId = 'greedy'
  const outcomes = await atOnce(50, () => service.reserve(service.command(eventId, zoneId, { userId })))
  assert.deepEqual(kinds(outcomes), { reserved: 4, limit_exceeded: 46 })
  const next = await service.reserve(service.command(eventId, zoneId, { userId }))
  assert.deepEqual(next, { kind: 'limit_exceeded', taken: 4, maxTicketsPerUser: 4 })
  assert.equal(await liveSeats(service, zoneId), '96 available, 4 held, 0 sold')
  await assertSound(service)
})

test('the limit counts seats, not reservations, over all zones of an event', { skip }, async () => {
  const { event, zoneIds } = await service.event([50, 50], { maxTicketsPerUser: 5 })
  const [one = '', two = ''] = zoneIds
  const userId = 'wide'
  await service.hold(event.id, one, { userId, quantity: 3 })
  const tooMany = await service.reserve(service.command(event.id, two, { userId, quantity: 3 }))
  assert.deepEqual(tooMany, { kind: 'limit_exceeded', taken: 3, maxTicketsPerUser: 5 })
  await service.hold(event.id, two, { userId, quantity: 2 })
  await assertSound(service)
})

test('the limit is one event’s: the same user buys in another as well', { skip }, async () => {
  const [one, two] = [await zone(10, 2), await zone(10, 2)]
  const userId = 'everywhere'
  await service.hold(one.eventId, one.zoneId, { userId, quantity: 2 })
  await service.hold(two.eventId, two.zoneId, { userId, quantity: 2 })
  await assertSound(service)
})

test('seats of a hold that expired or was cancelled do not count towards the limit', { skip }, async () => {
  const { eventId, zoneId } = await zone(10, 2)
  const userId = 'again'
  const first = await service.hold(eventId, zoneId, { userId, quantity: 2 })
  await service.setClock(first.expiresAtMs)
  assert.equal(await service.expire(), 1)
  await service.setClock(null)
  const second = await service.hold(eventId, zoneId, { userId, quantity: 2 })
  await service.cancel({ bookingId: second.bookingId, userId })
  await service.hold(eventId, zoneId, { userId, quantity: 2 })
  const more = await service.reserve(service.command(eventId, zoneId, { userId }))
  assert.equal(more.kind, 'limit_exceeded')
  await assertSound(service)
})

test('confirmed seats count towards the limit until they are refunded', { skip }, async () => {
  const { eventId, zoneId } = await zone(10, 2)
  const userId = 'buyer'
  const hold = await service.hold(eventId, zoneId, { userId, quantity: 2 })
  await service.confirm({ bookingId: hold.bookingId, userId, paymentId: await service.pay(hold) })
  const more = await service.reserve(service.command(eventId, zoneId, { userId }))
  assert.deepEqual(more, { kind: 'limit_exceeded', taken: 2, maxTicketsPerUser: 2 })
  await service.refund({ bookingId: hold.bookingId, userId, role: 'customer' })
  await service.hold(eventId, zoneId, { userId, quantity: 2 })
  await assertSound(service)
})

test('seats that come back are sold once more, not twice', { skip }, async () => {
  const { eventId, zoneId } = await zone(5)
  const holds = await atOnce(5, () => service.hold(eventId, zoneId))
  const [, outcomes] = await Promise.all([
    Promise.all(holds.map(({ bookingId, userId }) => service.cancel({ bookingId, userId }))),
    atOnce(100, () => service.reserve(service.command(eventId, zoneId))),
  ])
  const more = await atOnce(5, () => service.reserve(service.command(eventId, zoneId)))
  assert.equal(kinds([...outcomes, ...more])['reserved'], 5)
  await service.persist()
  assert.deepEqual(await service.findings(), [])
  await assertSound(service)
})
