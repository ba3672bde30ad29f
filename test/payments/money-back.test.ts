/** A payment that nothing can be had for any more is given back, once, whoever finds out and how often. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Hold } from '../../src/booking/model.ts'
import { atOnce, liveSeats, statusOf } from '../booking/probe.ts'
import { openService, type TestService } from '../support/service.ts'
import { withoutPostgres, withoutRedis } from '../support/stores.ts'
import { assertSettled, deliver, intentOf, paymentsOf, poll } from './flow.ts'

const skip = withoutRedis || withoutPostgres
const service = (skip ? null : await openService({ after })) as TestService

const free = '10 available, 0 held, 0 sold'
const sold = '8 available, 0 held, 2 sold'

async function aHold(): Promise<Hold> {
  const { event, zoneIds } = await service.event([10])
  return service.hold(event.id, zoneIds[0] as string, { quantity: 2 })
}

async function refundsAskedFor(hold: Hold): Promise<number> {
  const { rows } = await service.stores.database.query({
    text: `SELECT 1 FROM outbox WHERE booking_id = $1 AND type = 'refund.requested'`,
    values: [hold.bookingId],
  })
  return rows.length
}

/** Completes what is pending at the provider, as a bank would. */
async function complete(): Promise<void> {
  await service.stores.database.query({
    text: `UPDATE simulated_payments SET settles_at = now() WHERE settles_at > now()`,
  })
}

test('the hold was cancelled before the money came: it is given back, once', { skip }, async () => {
  const hold = await aHold()
  await intentOf(service, hold, 'pending')
  await service.cancel(hold)
  await complete()
  await poll(service)
  await deliver(service, 3)
  assert.deepEqual(await paymentsOf(service, hold), ['refunded/refunded'])
  assert.equal(await liveSeats(service, hold.zoneId), free)
})

test('the hold’s time is over, and nobody has ended it yet: it ends, and the money is given back', {
  skip,
}, async () => {
  const hold = await aHold()
  await intentOf(service, hold, 'pending')
  await complete()
  await poll(service)
  await service.setClock(hold.expiresAtMs + 1)
  try {
    await deliver(service)
  } finally {
    await service.setClock(null)
  }
  assert.equal(await statusOf(service, hold.bookingId), 'expired')
  assert.deepEqual(await paymentsOf(service, hold), ['refunded/refunded'])
  assert.equal(await liveSeats(service, hold.zoneId), free)
})

test('Redis forgot the hold and PostgreSQL never had it: the money is given back', { skip }, async () => {
  const hold = await aHold()
  await intentOf(service, hold)
  await service.stores.redis.run(async (redis) => {
    await redis.flushdb()
    await redis.script('FLUSH')
  })
  await service.reconcile()
  await deliver(service)
  assert.deepEqual(await paymentsOf(service, hold), ['refunded/refunded'])
  assert.equal(await liveSeats(service, hold.zoneId), free)
})

test('a second payment for a confirmed booking is given back, the first stays', { skip }, async () => {
  const hold = await aHold()
  await intentOf(service, hold)
  await deliver(service)
  await service.pay(hold)
  await deliver(service, 2)
  assert.deepEqual(await paymentsOf(service, hold), ['succeeded/succeeded', 'refunded/refunded'])
  assert.equal(await liveSeats(service, hold.zoneId), sold)
})

test('two payments at once for one hold: one confirms it, the other is given back', { skip }, async () => {
  const hold = await aHold()
  await atOnce(2, () => service.pay(hold))
  await deliver(service)
  const states = (await paymentsOf(service, hold)).sort()
  assert.deepEqual(states, ['refunded/refunded', 'succeeded/succeeded'])
  assert.equal(await liveSeats(service, hold.zoneId), sold)
})

test('a refunded booking pays its payment back, once, however often the command comes', {
  skip,
}, async () => {
  const hold = await aHold()
  await intentOf(service, hold)
  await deliver(service)
  const { bookingId, userId } = hold
  const refund = { bookingId, userId, role: 'customer' as const }
  const outcomes = await atOnce(5, () => service.refund(refund))
  assert.equal(outcomes.filter(({ kind }) => kind === 'refunded').length, 1)
  assert.equal(await refundsAskedFor(hold), 1)
  assert.deepEqual(await paymentsOf(service, hold), ['refunding/succeeded'])
  await deliver(service, 3)
  assert.deepEqual(await paymentsOf(service, hold), ['refunded/refunded'])
  assert.equal(await liveSeats(service, hold.zoneId), free)
})

test('a booking of a cancelled event is paid back', { skip }, async () => {
  const hold = await aHold()
  await intentOf(service, hold)
  await deliver(service)
  const booking = await service.core.ledger.find(hold.bookingId)
  assert.ok(booking && (await service.giveBack(booking)))
  await deliver(service)
  assert.deepEqual(await paymentsOf(service, hold), ['refunded/refunded'])
})

test('the success comes late, after the booking was paid for and refunded: nothing is done twice', {
  skip,
}, async () => {
  const hold = await aHold()
  const { id: paymentId } = await intentOf(service, hold)
  const { bookingId, userId } = hold
  await service.confirm({ bookingId, userId, paymentId })
  await service.refund({ bookingId, userId, role: 'customer' })
  await deliver(service, 2)
  assert.deepEqual(await paymentsOf(service, hold), ['refunded/refunded'])
})

test('a payment’s state never goes back, whoever writes it', { skip }, async () => {
  const hold = await aHold()
  const { id } = await intentOf(service, hold)
  for (const state of ['pending', 'failed', 'refunded']) {
    await assert.rejects(
      service.stores.database.query({
        text: 'UPDATE payments SET state = $2 WHERE id = $1',
        values: [id, state],
      }),
      { constraint: 'payments_state_forward' },
    )
  }
})

test('the audit says which booking was not paid for, and which payment bought nothing', {
  skip,
}, async () => {
  await assertSettled(service)
  const hold = await aHold()
  const { id: paymentId } = await intentOf(service, hold)
  const { bookingId } = hold
  assert.deepEqual(await service.paymentFindings(), [{ kind: 'paid_unconfirmed', bookingId, paymentId }])
  await deliver(service)
  await service.stores.database.query({
    text: 'UPDATE payments SET amount_minor = amount_minor + 1 WHERE id = $1',
    values: [paymentId],
  })
  assert.deepEqual(await service.paymentFindings(), [
    { kind: 'confirmed_unpaid', bookingId, paymentId },
    { kind: 'payment_books_differ', paymentId, ours: 'succeeded', theirs: 'succeeded' },
  ])
  await service.stores.database.query({
    text: 'UPDATE payments SET amount_minor = amount_minor - 1 WHERE id = $1',
    values: [paymentId],
  })
  await assertSettled(service)
})
