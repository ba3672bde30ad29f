/** Paying for a booking: one open intent, so many attempts, and what a decline does to the seats. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Hold } from '../../src/booking/model.ts'
import { atOnce, liveSeats, statusOf } from '../booking/probe.ts'
import { openService, type TestService } from '../support/service.ts'
import { withoutPostgres, withoutRedis } from '../support/stores.ts'
import { assertSettled, deliver, intentOf, paymentsOf } from './flow.ts'

const skip = withoutRedis || withoutPostgres
const service = (skip ? null : await openService({ after })) as TestService
/** Another process on the same stores. */
const other = (
  skip ? null : await openService({ after }, { redis: service.redis, databaseUrl: service.databaseUrl })
) as TestService

const held = '8 available, 2 held, 0 sold'
const sold = '8 available, 0 held, 2 sold'
const free = '10 available, 0 held, 0 sold'

async function aHold(): Promise<Hold> {
  const { event, zoneIds } = await service.event([10])
  return service.hold(event.id, zoneIds[0] as string, { quantity: 2 })
}

for (const method of ['succeed', 'pending', 'delayed'] as const) {
  test(`twenty requests at once from two processes to pay (${method}): one intent, all get it`, {
    skip,
  }, async () => {
    const hold = await aHold()
    const intents = await atOnce(20, (i) => intentOf(i % 2 ? service : other, hold, method))
    assert.equal(new Set(intents.map(({ id }) => id)).size, 1)
    assert.equal((await paymentsOf(service, hold)).length, 1)
  })
}

test('a payment that succeeds confirms its booking without the buyer asking', { skip }, async () => {
  const hold = await aHold()
  const { id, state } = await intentOf(service, hold)
  assert.equal(state, 'succeeded')
  assert.equal(await statusOf(service, hold.bookingId), null, 'the persister has not written it yet')
  await deliver(service)
  assert.equal(await statusOf(service, hold.bookingId), 'confirmed')
  assert.equal(await liveSeats(service, hold.zoneId), sold)
  const asked = await service.confirm({ bookingId: hold.bookingId, userId: hold.userId, paymentId: id })
  assert.equal(asked.kind, 'confirmed')
  assert.deepEqual(await paymentsOf(service, hold), ['succeeded/succeeded'])
})

test('the buyer confirms first: the event finds nothing to do, however often it comes', {
  skip,
}, async () => {
  const hold = await aHold()
  const { id: paymentId } = await intentOf(service, hold)
  const { bookingId, userId } = hold
  assert.equal((await service.confirm({ bookingId, userId, paymentId })).kind, 'confirmed')
  await deliver(service, 3)
  assert.equal((await service.core.ledger.find(bookingId))?.version, 2)
  assert.deepEqual(await paymentsOf(service, hold), ['succeeded/succeeded'])
})

test('a first decline keeps the seats and allows another try; the third gives them back', {
  skip,
}, async () => {
  const hold = await aHold()
  for (const attempt of [1, 2]) {
    assert.equal((await intentOf(service, hold, 'decline')).state, 'failed')
    await deliver(service, 2)
    assert.equal(await liveSeats(service, hold.zoneId), held, `after decline ${attempt}`)
  }
  assert.equal((await intentOf(service, hold, 'decline')).state, 'failed')
  assert.equal((await intentOf(service, hold)).state, 'attempts_used')
  await deliver(service, 2)
  assert.equal(await statusOf(service, hold.bookingId), 'cancelled')
  assert.equal(await liveSeats(service, hold.zoneId), free)
  assert.deepEqual(await paymentsOf(service, hold), ['failed/failed', 'failed/failed', 'failed/failed'])
})

test('declined, then paid: sold, and twenty tries at once after the decline are one', { skip }, async () => {
  const hold = await aHold()
  await intentOf(service, hold, 'decline')
  await atOnce(20, (i) => intentOf(i % 2 ? service : other, hold))
  await deliver(service)
  assert.equal(await liveSeats(service, hold.zoneId), sold)
  assert.deepEqual(await paymentsOf(service, hold), ['failed/failed', 'succeeded/succeeded'])
})

test('a payment that is pending is asked for when the buyer confirms with it', { skip }, async () => {
  const hold = await aHold()
  const { id: paymentId, state } = await intentOf(service, hold, 'lost_webhook')
  assert.equal(state, 'pending')
  const { bookingId, userId } = hold
  // The provider settles a millisecond later; until then the payment is refused as pending.
  for (let kind = ''; kind !== 'confirmed'; ) {
    kind = (await service.confirm({ bookingId, userId, paymentId })).kind
    assert.ok(['confirmed', 'payment_not_completed'].includes(kind), kind)
  }
  assert.deepEqual(await paymentsOf(service, hold), ['succeeded/succeeded'])
})

test('money and seats agree after all of it', { skip }, async () => {
  await service.stores.database.query({
    text: 'UPDATE simulated_payments SET settles_at = now() WHERE settles_at > now()',
  })
  await assertSettled(service)
})
