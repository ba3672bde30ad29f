/** A hold ends once: what comes second is told how it ended and changes nothing. Here one after the other. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Hold } from '../../src/booking/model.ts'
import { newBookingId } from '../../src/pipeline/partition.ts'
import { openService, type TestService } from '../support/service.ts'
import { withoutPostgres, withoutRedis } from '../support/stores.ts'
import { assertSound, liveSeats, messagesOf, statusOf } from './probe.ts'

const skip = withoutRedis || withoutPostgres
const service = (skip ? null : await openService({ after })) as TestService
const userId = 'ann'

async function aHold(quantity = 2): Promise<Hold> {
  const { event, zoneIds } = await service.event([10])
  return service.hold(event.id, zoneIds[0] as string, { userId, quantity })
}

const act = {
  confirm: async ({ bookingId }: Hold, paymentId: string) =>
    (await service.confirm({ bookingId, userId, paymentId })).kind,
  cancel: async ({ bookingId }: Hold) => (await service.cancel({ bookingId, userId })).kind,
  expire: async ({ bookingId, expiresAtMs }: Hold) => {
    await service.setClock(expiresAtMs)
    await service.expire()
    return `stored as ${await statusOf(service, bookingId)}`
  },
}

const seatsAfter = {
  confirmed: '8 available, 0 held, 2 sold',
  cancelled: '10 available, 0 held, 0 sold',
  expired: '10 available, 0 held, 0 sold',
}

const orders = [
  ['confirm', 'confirmed', 'expire', 'stored as confirmed', 'confirmed'],
  ['expire', 'stored as expired', 'confirm', 'expired', 'expired'],
  ['confirm', 'confirmed', 'cancel', 'already_confirmed', 'confirmed'],
  ['cancel', 'cancelled', 'confirm', 'released', 'cancelled'],
  ['cancel', 'cancelled', 'expire', 'stored as cancelled', 'cancelled'],
  ['expire', 'stored as expired', 'cancel', 'expired', 'expired'],
  ['cancel', 'cancelled', 'cancel', 'already_released', 'cancelled'],
  ['confirm', 'confirmed', 'confirm', 'confirmed', 'confirmed'],
] as const

for (const [first, firstAnswer, second, secondAnswer, status] of orders) {
  for (const written of [false, true]) {
    const when = written ? 'after' : 'before'
    test(`${first}, then ${second}, ${when} the persister wrote the booking: it stays ${status}`, {
      skip,
    }, async () => {
      const hold = await aHold()
      if (written) await service.persist()
      const paymentId = await service.pay(hold)
      assert.equal(await act[first](hold, paymentId), firstAnswer)
      assert.equal(await act[second](hold, paymentId), secondAnswer)
      await service.setClock(null)
      assert.equal(await statusOf(service, hold.bookingId), status)
      assert.equal(await liveSeats(service, hold.zoneId), seatsAfter[status])
      await service.persist()
      assert.deepEqual(await messagesOf(service, hold.bookingId), [
        'booking.reserved 1',
        `booking.${status} 2`,
      ])
      await assertSound(service)
    })
  }
}

test('confirmed twice with one payment: one code; with another payment: refused', { skip }, async () => {
  const hold = await aHold()
  const [one, two] = [await service.pay(hold), await service.pay(hold)]
  const confirm = (paymentId: string) => service.confirm({ bookingId: hold.bookingId, userId, paymentId })
  const first = await confirm(one)
  const again = await confirm(one)
  assert.ok(first.kind === 'confirmed' && again.kind === 'confirmed')
  assert.match(first.booking.confirmationCode ?? '', /^[2-9A-HJKMNP-TW-Z]{10}$/)
  assert.deepEqual(again.booking, first.booking)
  assert.deepEqual(await confirm(two), { kind: 'confirmed_by_other_payment' })
  await assertSound(service)
})

test('a payment that does not pay for the hold confirms nothing and changes nothing', { skip }, async () => {
  const [hold, other] = [await aHold(), await aHold()]
  await service.persist()
  const paymentOf = async (
    amountMinor: number,
    currency: string,
    method: 'succeed' | 'decline' | 'pending',
  ) => service.pay(hold, { amountMinor, currency, method })
  const good = await service.pay(hold)
  const refused = {
    unknown: 'pay_nobody-made',
    'for another booking': await service.pay(other),
    failed: await paymentOf(10_000, 'THB', 'decline'),
    'too small': await paymentOf(9999, 'THB', 'succeed'),
    'too large': await paymentOf(10_001, 'THB', 'succeed'),
    'for one seat of two': await paymentOf(5000, 'THB', 'succeed'),
    'in another currency': await paymentOf(10_000, 'USD', 'succeed'),
    pending: await paymentOf(10_000, 'THB', 'pending'),
  }
  for (const [why, paymentId] of Object.entries(refused)) {
    const outcome = await service.confirm({ bookingId: hold.bookingId, userId, paymentId })
    assert.equal(outcome.kind, 'payment_not_completed', why)
  }
  assert.equal(await statusOf(service, hold.bookingId), 'reserved')
  assert.deepEqual(await messagesOf(service, hold.bookingId), ['booking.reserved 1'])
  assert.equal(await liveSeats(service, hold.zoneId), '8 available, 2 held, 0 sold')

  const paid = await service.confirm({
    bookingId: hold.bookingId,
    userId,
    paymentId: good,
  })
  assert.equal(paid.kind, 'confirmed')
  await assertSound(service)
})

test('somebody else can neither confirm nor cancel a hold, nor what has become of it', { skip }, async () => {
  const hold = await aHold()
  const paymentId = await service.pay(hold)
  const [confirm, cancel] = [
    { bookingId: hold.bookingId, userId: 'eve', paymentId },
    { bookingId: hold.bookingId, userId: 'eve' },
  ]
  assert.deepEqual(await service.confirm(confirm), { kind: 'not_yours' })
  assert.deepEqual(await service.cancel(cancel), { kind: 'not_yours' })
  assert.equal(await liveSeats(service, hold.zoneId), '8 available, 2 held, 0 sold')
  await service.confirm({ ...confirm, userId })
  assert.deepEqual(await service.confirm(confirm), { kind: 'not_yours' })
  assert.deepEqual(await service.cancel(cancel), { kind: 'not_yours' })
  assert.deepEqual(await service.refund({ ...cancel, role: 'customer' }), { kind: 'forbidden' })
  await assertSound(service)
})

test('what somebody else tries does not take a hold’s time away', { skip }, async () => {
  const hold = await aHold()
  await service.confirm({ bookingId: hold.bookingId, userId: 'eve', paymentId: 'none' })
  await service.cancel({ bookingId: hold.bookingId, userId: 'eve' })
  await service.setClock(hold.expiresAtMs - 1)
  await service.expire()
  const paymentId = await service.pay(hold)
  const outcome = await service.confirm({ bookingId: hold.bookingId, userId, paymentId })
  assert.equal(outcome.kind, 'confirmed')
  await assertSound(service)
})

test('a booking that never was is not found', { skip }, async () => {
  const { event } = await service.event([1])
  const bookingId = newBookingId(event.id)
  assert.deepEqual(await service.confirm({ bookingId, userId, paymentId: 'p' }), { kind: 'not_found' })
  assert.deepEqual(await service.cancel({ bookingId, userId }), { kind: 'not_found' })
  assert.deepEqual(await service.refund({ bookingId, userId, role: 'admin' }), { kind: 'not_found' })
})

test('a hold confirms until its last millisecond and no longer, even before expiry has looked', {
  skip,
}, async () => {
  const [early, late] = [await aHold(), await aHold()]
  const confirm = async (hold: Hold, atMs: number) => {
    const paymentId = await service.pay(hold)
    await service.setClock(atMs)
    return (await service.confirm({ bookingId: hold.bookingId, userId, paymentId })).kind
  }
  assert.equal(await confirm(early, early.expiresAtMs - 1), 'confirmed')
  assert.equal(await confirm(late, late.expiresAtMs), 'expired')
  assert.equal((await service.cancel({ bookingId: late.bookingId, userId })).kind, 'expired')
  assert.equal(await liveSeats(service, late.zoneId), '8 available, 2 held, 0 sold')
  assert.equal(await service.expire(), 1)
  assert.equal(await liveSeats(service, late.zoneId), '10 available, 0 held, 0 sold')
  await assertSound(service)
})
