/**
 * An answer that is lost leaves the caller not knowing. Nothing is settled on a guess: the lease brings expiry to the hold,
 * and the seats follow what PostgreSQL stored.
 */
import assert from 'node:assert/strict'
import { after, afterEach, test } from 'node:test'
import type { Hold } from '../../src/booking/model.ts'
import type { Settled } from '../../src/booking/ports.ts'
import { openService, type TestService } from '../support/service.ts'
import { withoutPostgres, withoutRedis } from '../support/stores.ts'
import { interfere, lose, type Places } from './interference.ts'
import { assertSound, kindOf, liveSeats, messagesOf, statusOf } from './probe.ts'

const skip = withoutRedis || withoutPostgres
const places: Places = {}
const service = (skip ? null : await openService({ after }, { wrap: interfere(places) })) as TestService

afterEach(() => {
  for (const name of Object.keys(places)) delete places[name as keyof Places]
})

const held = '8 available, 2 held, 0 sold'
const sold = '8 available, 0 held, 2 sold'
const free = '10 available, 0 held, 0 sold'

async function aHold(): Promise<Hold> {
  const { event, zoneIds } = await service.event([10])
  return service.hold(event.id, zoneIds[0] as string, { quantity: 2 })
}

async function confirm(hold: Hold): Promise<string> {
  const { bookingId, userId } = hold
  const paymentId = await service.pay(hold)
  return kindOf(service.confirm({ bookingId, userId, paymentId }))
}

async function cancel(hold: Hold): Promise<string> {
  return kindOf(service.cancel(hold))
}

/** Lets a lease run out, but no hold: three times the lease is what a refund takes. */
async function leasePasses(work: () => Promise<unknown>): Promise<void> {
  await service.setClock(Date.now() + 4 * service.config.ENDING_LEASE_MS)
  await work()
  await service.setClock(null)
}

test('a confirm whose commit was not answered: nothing is settled until the lease is over, then it is sold', {
  skip,
}, async () => {
  const hold = await aHold()
  places.afterCommit = lose
  assert.equal(await confirm(hold), 'unavailable')
  delete places.afterCommit
  assert.equal(await liveSeats(service, hold.zoneId), held)
  await service.expire()
  assert.equal(await liveSeats(service, hold.zoneId), held)
  await leasePasses(async () => assert.equal(await service.expire(), 0))
  assert.equal(await statusOf(service, hold.bookingId), 'confirmed')
  assert.equal(await liveSeats(service, hold.zoneId), sold)
  await assertSound(service)
})

test('a cancel whose commit was not answered: the seats are free when the lease is over', {
  skip,
}, async () => {
  const hold = await aHold()
  places.afterCommit = lose
  assert.equal(await cancel(hold), 'unavailable')
  delete places.afterCommit
  assert.equal(await liveSeats(service, hold.zoneId), held)
  await leasePasses(() => service.expire())
  assert.equal(await liveSeats(service, hold.zoneId), free)
  await assertSound(service)
})

test('a confirm that never committed: the hold waits for its own time and can still be confirmed', {
  skip,
}, async () => {
  const hold = await aHold()
  places.beforeCommit = lose
  assert.equal(await confirm(hold), 'unavailable')
  delete places.beforeCommit
  await leasePasses(async () => assert.equal(await service.expire(), 0))
  assert.equal(await liveSeats(service, hold.zoneId), held)
  assert.equal(await confirm(hold), 'confirmed')
  assert.equal(await liveSeats(service, hold.zoneId), sold)
  await assertSound(service)
})

test('a cancel that never committed, and nobody asks again: the hold expires at its own time', {
  skip,
}, async () => {
  const hold = await aHold()
  places.beforeCommit = lose
  assert.equal(await cancel(hold), 'unavailable')
  delete places.beforeCommit
  await leasePasses(async () => assert.equal(await service.expire(), 0))
  await service.setClock(hold.expiresAtMs - 1)
  assert.equal(await service.expire(), 0)
  await service.setClock(hold.expiresAtMs)
  assert.equal(await service.expire(), 1)
  assert.equal(await liveSeats(service, hold.zoneId), free)
  await assertSound(service)
})

test('asked again after a lost answer, a confirm says confirmed with the code of the first', {
  skip,
}, async () => {
  const hold = await aHold()
  const paymentId = await service.pay(hold)
  const command = { bookingId: hold.bookingId, userId: hold.userId, paymentId }
  places.afterCommit = lose
  assert.equal(await kindOf(service.confirm(command)), 'unavailable')
  delete places.afterCommit
  const code = (await service.core.ledger.find(hold.bookingId))?.confirmationCode
  const again = await service.confirm(command)
  assert.equal(again.kind === 'confirmed' && again.booking.confirmationCode, code)
  assert.equal(await liveSeats(service, hold.zoneId), sold)
  assert.deepEqual(await messagesOf(service, hold.bookingId), ['booking.reserved 1', 'booking.confirmed 2'])
  await assertSound(service)
})

test('asked again when its time is over, a confirm whose answer was lost still says confirmed', {
  skip,
}, async () => {
  const hold = await aHold()
  const paymentId = await service.pay(hold)
  const command = { bookingId: hold.bookingId, userId: hold.userId, paymentId }
  places.afterCommit = lose
  assert.equal(await kindOf(service.confirm(command)), 'unavailable')
  delete places.afterCommit
  await service.setClock(hold.expiresAtMs)
  assert.equal(await kindOf(service.confirm(command)), 'confirmed')
  assert.equal(await kindOf(service.cancel(hold)), 'already_confirmed')
  assert.equal(await service.expire(), 0)
  assert.equal(await liveSeats(service, hold.zoneId), sold)
  await assertSound(service)
})

test('an expiry whose commit was not answered is finished by the next tick', { skip }, async () => {
  const hold = await aHold()
  await service.setClock(hold.expiresAtMs)
  places.afterCommit = lose
  await assert.rejects(service.expire(), { name: 'Unavailable' })
  delete places.afterCommit
  assert.equal(await statusOf(service, hold.bookingId), 'expired')
  assert.equal(await liveSeats(service, hold.zoneId), held)
  await service.expire()
  assert.equal(await liveSeats(service, hold.zoneId), free)
  assert.deepEqual(await messagesOf(service, hold.bookingId), ['booking.reserved 1', 'booking.expired 2'])
  await assertSound(service)
})

for (const [place, what] of [
  ['beforeSettle', 'was not sent'],
  ['afterSettle', 'was not answered'],
] as const) {
  test(`an ending is true although its settlement ${what}, and expiry brings the seats after`, {
    skip,
  }, async () => {
    const [confirmed, cancelled] = [await aHold(), await aHold()]
    places[place] = lose
    assert.equal(await confirm(confirmed), 'confirmed')
    assert.equal(await cancel(cancelled), 'cancelled')
    delete places[place]
    assert.equal(await liveSeats(service, confirmed.zoneId), place === 'beforeSettle' ? held : sold)
    await leasePasses(async () => assert.equal(await service.expire(), 0))
    assert.equal(await liveSeats(service, confirmed.zoneId), sold)
    assert.equal(await liveSeats(service, cancelled.zoneId), free)
    await assertSound(service)
  })

  test(`a refund is true although its settlement ${what}, and its seats come back once`, {
    skip,
  }, async () => {
    const hold = await aHold()
    await confirm(hold)
    places[place] = lose
    const refund = { bookingId: hold.bookingId, userId: hold.userId, role: 'customer' as const }
    assert.equal(await kindOf(service.refund(refund)), 'refunded')
    delete places[place]
    assert.equal(await liveSeats(service, hold.zoneId), place === 'beforeSettle' ? sold : free)
    assert.equal(await kindOf(service.refund(refund)), 'already_released')
    await leasePasses(() => service.expire())
    assert.equal(await liveSeats(service, hold.zoneId), free)
    await assertSound(service)
  })
}

test('a refund whose commit was not answered: its seats come back once, when the lease is over', {
  skip,
}, async () => {
  const hold = await aHold()
  await confirm(hold)
  places.afterCommit = lose
  const refund = { bookingId: hold.bookingId, userId: hold.userId, role: 'customer' as const }
  assert.equal(await kindOf(service.refund(refund)), 'unavailable')
  delete places.afterCommit
  assert.equal(await kindOf(service.refund(refund)), 'already_released')
  assert.equal(await liveSeats(service, hold.zoneId), sold)
  await leasePasses(() => service.expire())
  assert.equal(await liveSeats(service, hold.zoneId), free)
  await assertSound(service)
})

test('a booking is refunded before its sale was ever settled: sold never counts it', { skip }, async () => {
  const hold = await aHold()
  places.beforeSettle = lose
  assert.equal(await confirm(hold), 'confirmed')
  delete places.beforeSettle
  const refund = { bookingId: hold.bookingId, userId: hold.userId, role: 'customer' as const }
  assert.equal(await kindOf(service.refund(refund)), 'refunded')
  assert.equal(await liveSeats(service, hold.zoneId), free)
  await leasePasses(() => service.expire())
  assert.equal(await liveSeats(service, hold.zoneId), free)
  await assertSound(service)
})

test('an ending settled again and again, late and in any order, moves its seats once', { skip }, async () => {
  const [confirmed, cancelled, refunded] = [await aHold(), await aHold(), await aHold()]
  await confirm(confirmed)
  await cancel(cancelled)
  await confirm(refunded)
  const settledOf = ({ bookingId, userId, eventId }: Hold, status: Settled['status']): Settled => ({
    ...{ bookingId, userId, eventId, status },
  })
  // The sale of a booking that is being refunded, settled late: the mark of the refund stands in its way.
  const refunding = await service.core.ledger.find(refunded.bookingId)
  assert.ok(refunding)
  await service.core.holds.openRefund(refunding, 1000)
  await service.core.settlement.settle([settledOf(refunded, 'confirmed')])
  assert.equal(await liveSeats(service, refunded.zoneId), sold)
  const { bookingId, userId } = refunded
  assert.equal((await service.refund({ bookingId, userId, role: 'customer' })).kind, 'refunded')

  const endings = [
    settledOf(confirmed, 'confirmed'),
    settledOf(cancelled, 'cancelled'),
    settledOf(refunded, 'refunded'),
    settledOf(refunded, 'confirmed'),
  ]
  await service.core.settlement.settle([...endings, ...endings.toReversed()])
  assert.equal(await liveSeats(service, confirmed.zoneId), sold)
  assert.equal(await liveSeats(service, cancelled.zoneId), free)
  assert.equal(await liveSeats(service, refunded.zoneId), free)
  await assertSound(service)
})

test('a settlement whose zone is not in Redis waits until it is', { skip }, async () => {
  const hold = await aHold()
  const settled: Settled = { ...hold, status: 'expired' }
  await service.setClock(hold.expiresAtMs)
  const key = await service.stores.redis.run(async (redis) => {
    const [name = ''] = await redis.keys(`inv:*${hold.eventId}`)
    await redis.rename(name, `aside:${name}`)
    return name
  })
  assert.equal(await service.core.settlement.settle([settled]), 0)
  await service.expire()
  await service.stores.redis.run((redis) => redis.rename(`aside:${key}`, key))
  assert.equal(await liveSeats(service, hold.zoneId), held)
  await service.expire()
  assert.equal(await liveSeats(service, hold.zoneId), free)
  await assertSound(service)
})
