import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { ReserveCommand, ReserveOutcome } from '../../src/booking/reserve.ts'
import { openService, type TestService } from '../support/service.ts'
import { withoutPostgres, withoutRedis } from '../support/stores.ts'
import { assertSound, atOnce, kinds, liveSeats, redisOf } from './probe.ts'

const skip = withoutRedis || withoutPostgres
const service = (skip ? null : await openService({ after })) as TestService
const userId = 'ann'
const idempotencyHash = 'hash-of-a-key'
const keyed = { userId, idempotencyHash }

async function zone(capacity = 10) {
  const { event, zoneIds } = await service.event([capacity])
  const zoneId = zoneIds[0] as string
  const send = (more: Partial<ReserveCommand> = {}) =>
    service.reserve(service.command(event.id, zoneId, { ...keyed, ...more }))
  return { event, eventId: event.id, zoneId, send }
}

function bookingIdOf(outcome: ReserveOutcome): string {
  assert.equal(outcome.kind, 'reserved')
  return (outcome as Extract<ReserveOutcome, { kind: 'reserved' }>).hold.bookingId
}

function isReplay(outcome: ReserveOutcome): boolean {
  return outcome.kind === 'reserved' && outcome.replayed
}

test('two racing requests with one key: one booking, the other is told of it', { skip }, async () => {
  const { zoneId, send } = await zone()
  const outcomes = await atOnce(2, () => send())
  assert.deepEqual(outcomes.map(isReplay).sort(), [false, true])
  const [one, two] = outcomes.map((outcome) => outcome.kind === 'reserved' && outcome.hold)
  assert.deepEqual(one, two)
  assert.equal(await liveSeats(service, zoneId), '9 available, 1 held, 0 sold')
  assert.equal(await service.persist(), 1)
  await assertSound(service)
})

test('fifty racing requests with one key take one seat', { skip }, async () => {
  const { zoneId, send } = await zone(1)
  const outcomes = await atOnce(50, () => send())
  assert.equal(new Set(outcomes.map(bookingIdOf)).size, 1)
  assert.equal(outcomes.filter(isReplay).length, 49)
  assert.equal(await liveSeats(service, zoneId), '0 available, 1 held, 0 sold')
  await assertSound(service)
})

test('the same key with another quantity or zone is refused and takes nothing', { skip }, async () => {
  const { event, zoneIds } = await service.event([10, 10])
  const [one = '', two = ''] = zoneIds
  await service.hold(event.id, one, { ...keyed, quantity: 1 })
  const others = [
    await service.reserve(service.command(event.id, one, { ...keyed, quantity: 10 })),
    await service.reserve(service.command(event.id, one, { ...keyed, quantity: 2 })),
    await service.reserve(service.command(event.id, two, { ...keyed, quantity: 1 })),
  ]
  assert.deepEqual(kinds(others), { key_reused: 3 })
  assert.equal(await liveSeats(service, one), '9 available, 1 held, 0 sold')
  assert.equal(await liveSeats(service, two), '10 available, 0 held, 0 sold')
  await assertSound(service)
})

test('a key is one user’s and one event’s', { skip }, async () => {
  const [here, there] = [await zone(), await zone()]
  const outcomes = [await here.send(), await here.send({ userId: 'bob' }), await there.send()]
  assert.deepEqual(outcomes.map(isReplay), [false, false, false])
  assert.equal(new Set(outcomes.map(bookingIdOf)).size, 3)
  await assertSound(service)
})

test('a retry is answered with its booking after the sale has closed', { skip }, async () => {
  const { eventId, send } = await zone()
  const first = bookingIdOf(await send())
  const closed = await service.core.catalogueStore.update(eventId, { status: 'closed' })
  assert.ok(closed)
  await service.core.inventory.publishSale(closed)
  const again = await send()
  assert.equal(isReplay(again), true)
  assert.equal(bookingIdOf(again), first)
  assert.equal((await send({ idempotencyHash: 'another' })).kind, 'not_on_sale')
  await assertSound(service)
})

test('a retry is answered with its booking after the last seat is gone', { skip }, async () => {
  const { eventId, zoneId, send } = await zone(2)
  const first = bookingIdOf(await send())
  await service.hold(eventId, zoneId)
  assert.equal((await send({ idempotencyHash: 'another' })).kind, 'sold_out')
  assert.equal(bookingIdOf(await send()), first)
  await assertSound(service)
})

test('a retry is answered with its booking, at its price, after the price has changed', {
  skip,
}, async () => {
  const { eventId, zoneId, send } = await zone()
  const first = bookingIdOf(await send())
  const dearer = await service.core.catalogueStore.update(eventId, {
    zones: [{ id: zoneId, priceMinor: 9900 }],
  })
  assert.ok(dearer)
  await service.core.inventory.publishSale(dearer)
  const again = await send()
  assert.equal(bookingIdOf(again), first)
  assert.equal(again.kind === 'reserved' && again.hold.unitPriceMinor, 5000)
  await assertSound(service)
})

test('a retry is answered with its booking after that was confirmed, cancelled or expired', {
  skip,
}, async () => {
  const { eventId, zoneId, send } = await zone()
  const [confirmed, cancelled, expired] = [
    await service.hold(eventId, zoneId, { ...keyed, idempotencyHash: 'a' }),
    await service.hold(eventId, zoneId, { ...keyed, idempotencyHash: 'b' }),
    await service.hold(eventId, zoneId, { ...keyed, idempotencyHash: 'c' }),
  ]
  await service.confirm({ bookingId: confirmed.bookingId, userId, paymentId: await service.pay(confirmed) })
  await service.cancel({ bookingId: cancelled.bookingId, userId })
  await service.setClock(expired.expiresAtMs)
  await service.expire()
  await service.setClock(null)
  assert.equal(await liveSeats(service, zoneId), '9 available, 0 held, 1 sold')

  for (const [hash, { bookingId, expiresAtMs }] of [
    ['a', confirmed],
    ['b', cancelled],
    ['c', expired],
  ] as const) {
    const again = await send({ idempotencyHash: hash })
    assert.equal(isReplay(again), true)
    assert.equal(bookingIdOf(again), bookingId)
    assert.equal(again.kind === 'reserved' && again.hold.expiresAtMs, expiresAtMs)
  }
  assert.equal(await liveSeats(service, zoneId), '9 available, 0 held, 1 sold')
  await assertSound(service)
})

test('a request that was refused leaves no key: sent again when there are seats, it gets one', {
  skip,
}, async () => {
  const { eventId, zoneId, send } = await zone(1)
  const other = await service.hold(eventId, zoneId)
  assert.equal((await send()).kind, 'sold_out')
  assert.deepEqual(await redisOf(service)((redis) => redis.keys(`idem:*${eventId}*`)), [])
  await service.cancel({ bookingId: other.bookingId, userId: other.userId })
  const outcome = await send()
  assert.equal(outcome.kind === 'reserved' && outcome.replayed, false)
  await assertSound(service)
})

test('the same booking id again is the same hold, with or without a key', { skip }, async () => {
  const { event, zoneId } = await zone()
  for (const more of [{ userId }, { ...keyed, quantity: 2 }]) {
    const command = service.command(event.id, zoneId, more)
    const [one, two] = await atOnce(2, () => service.reserve(command))
    assert.ok(one?.kind === 'reserved' && two?.kind === 'reserved')
    assert.deepEqual(one.hold, two.hold)
  }
  assert.equal(await liveSeats(service, zoneId), '7 available, 3 held, 0 sold')
  assert.equal(await service.persist(), 2)
  await assertSound(service)
})

test('a key is forgotten after its time, not before', { skip }, async () => {
  const { eventId, send } = await zone()
  await send()
  const run = redisOf(service)
  const [key = ''] = await run((redis) => redis.keys(`idem:*${eventId}*`))
  const seconds = await run((redis) => redis.ttl(key))
  assert.ok(seconds > 86_000 && seconds <= 86_400, `${seconds} s`)
  await assertSound(service)
})
