/** A person finds a booking from the moment it was answered, whether the persister has written it or not. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import type { Booking, Hold } from '../../src/booking/model.ts'
import { makeOwnBookings } from '../../src/booking/own-bookings.ts'
import { makeBookingReader } from '../../src/postgres/bookings-of-user.ts'
import { openService, type TestService } from '../support/service.ts'
import { withoutPostgres, withoutRedis } from '../support/stores.ts'
import { assertSound, atOnce, statusOf } from './probe.ts'

const skip = withoutRedis || withoutPostgres
const service = (skip ? null : await openService({ after })) as TestService

const newestFirst = (holds: readonly Hold[]) =>
  holds
    .map(({ bookingId }) => bookingId)
    .sort()
    .reverse()

/** Reads page after page. */
async function allPages(userId: string, limit: number, eventId: string | null = null): Promise<Booking[]> {
  const items: Booking[] = []
  for (let before: string | null = null; ; ) {
    const page = await service.ownBookings.list(userId, { before, limit, eventId })
    assert.ok(page.items.length <= limit)
    assert.ok(page.next === null || page.items.length === limit)
    items.push(...page.items)
    if (page.next === null) return items
    before = page.next
  }
}

const aUser = () => `user-${randomUUID()}`

test('a reservation is found, listed, counted and payable before the persister has written it', {
  skip,
}, async () => {
  const { event, zoneIds } = await service.event([10])
  const userId = aUser()
  const hold = await service.hold(event.id, zoneIds[0] as string, { userId, quantity: 2 })
  assert.equal(await statusOf(service, hold.bookingId), null)

  const found = await service.ownBookings.get(hold.bookingId, userId)
  assert.ok(found.kind === 'found')
  assert.deepEqual({ ...found.booking, ...hold }, found.booking)
  assert.equal(found.booking.status, 'reserved')
  const page = await service.ownBookings.list(userId, { before: null, limit: 10, eventId: null })
  assert.deepEqual(page, { items: [found.booking], next: null })
  const summary = { reserved: 2, confirmed: 0, cancelled: 0, expired: 0, refunded: 0 }
  assert.deepEqual(await service.ownBookings.summary(userId, event.id), summary)

  const paymentId = await service.pay(found.booking)
  const { bookingId } = hold
  assert.equal((await service.confirm({ bookingId, userId, paymentId })).kind, 'confirmed')
  assert.equal(await service.persist(), 1)
  await assertSound(service)
})

test('what a person sees is the same before and after it is written', { skip }, async () => {
  const { event, zoneIds } = await service.event([10])
  const userId = aUser()
  const hold = await service.hold(event.id, zoneIds[0] as string, { userId, idempotencyHash: 'h' })
  const look = async () => [
    await service.ownBookings.get(hold.bookingId, userId),
    await service.ownBookings.list(userId, { before: null, limit: 10, eventId: event.id }),
    await service.ownBookings.summary(userId, event.id),
  ]
  const before = await look()
  await service.persist()
  assert.equal(await statusOf(service, hold.bookingId), 'reserved')
  assert.deepEqual(await look(), before)
  await assertSound(service)
})

test('somebody else’s booking is not shown, written or not', { skip }, async () => {
  const { event, zoneIds } = await service.event([10])
  const { bookingId, userId } = await service.hold(event.id, zoneIds[0] as string)
  for (let round = 0; round < 2; round++) {
    assert.deepEqual(await service.ownBookings.get(bookingId, aUser()), { kind: 'not_yours' })
    assert.equal((await allPages(aUser(), 10)).length, 0)
    assert.equal((await service.ownBookings.get(bookingId, userId)).kind, 'found')
    await service.persist()
  }
  await assertSound(service)
})

test('pages are newest first, none twice, none missing, while written and unwritten ones alternate', {
  skip,
}, async () => {
  const events = [await service.event([100]), await service.event([100]), await service.event([100])]
  const userId = aUser()
  const holds: Hold[] = []
  for (let round = 0; round < 7; round++) {
    const { event, zoneIds } = events[round % 3] as (typeof events)[number]
    const zoneId = zoneIds[0] as string
    holds.push(...(await atOnce(3, () => service.hold(event.id, zoneId, { userId }))))
    if (round % 2 === 0) await service.persist()
    if (round === 3) await service.cancel(holds.at(-1) as Hold)
  }
  for (const limit of [1, 2, 3, 5, 20, 21, 50]) {
    const ids = (await allPages(userId, limit)).map(({ bookingId }) => bookingId)
    assert.deepEqual(ids, newestFirst(holds), `pages of ${limit}`)
  }
  const { event } = events[0] as (typeof events)[number]
  const ofEvent = holds.filter(({ eventId }) => eventId === event.id)
  const ids = (await allPages(userId, 2, event.id)).map(({ bookingId }) => bookingId)
  assert.deepEqual(ids, newestFirst(ofEvent))
  await assertSound(service)
})

test('pages stay whole while the persister writes between them', { skip }, async () => {
  const { event, zoneIds } = await service.event([100], { maxTicketsPerUser: 100 })
  const userId = aUser()
  const holds = await atOnce(12, () => service.hold(event.id, zoneIds[0] as string, { userId }))
  const first = await service.ownBookings.list(userId, { before: null, limit: 5, eventId: null })
  await service.persist()
  const second = await service.ownBookings.list(userId, { before: first.next, limit: 5, eventId: null })
  await service.cancel(holds[0] as Hold)
  const third = await service.ownBookings.list(userId, { before: second.next, limit: 5, eventId: null })
  const ids = [first, second, third].flatMap(({ items }) => items.map(({ bookingId }) => bookingId))
  assert.deepEqual(ids, newestFirst(holds))
  assert.equal(third.next, null)
  await assertSound(service)
})

for (const look of ['the holds', 'PostgreSQL for what it has of them', 'the rows'] as const) {
  test(`the persister writes, and a hold ends, after a reader looked at ${look}: nothing is missed or counted twice`, {
    skip,
  }, async () => {
    const { event, zoneIds } = await service.event([10])
    const userId = aUser()
    const reserve = () => service.hold(event.id, zoneIds[0] as string, { userId })
    const holds = [await reserve(), await reserve(), await reserve()]
    const { ownBookings, meanwhile } = readerOf(look)

    meanwhile.happens = () => service.persist()
    const page = await ownBookings.list(userId, { before: null, limit: 10, eventId: null })
    assert.deepEqual(
      page.items.map(({ bookingId }) => bookingId),
      newestFirst(holds),
    )

    const another = await reserve()
    meanwhile.happens = () => service.persist()
    assert.equal((await ownBookings.summary(userId, event.id)).reserved, 4)

    const last = await reserve()
    meanwhile.happens = () => service.cancel(another)
    const { reserved, cancelled } = await ownBookings.summary(userId, event.id)
    assert.equal(reserved + cancelled, 5)
    meanwhile.happens = () => service.cancel(last)
    const after = await ownBookings.list(userId, { before: null, limit: 10, eventId: event.id })
    assert.deepEqual(
      after.items.map(({ bookingId }) => bookingId),
      newestFirst([...holds, another, last]),
    )
    await assertSound(service)
  })
}

/** Own bookings, and something that happens once after one of the looks they take. */
function readerOf(look: string) {
  const meanwhile: { happens?: () => Promise<unknown> } = {}
  async function then<T>(looked: string, answer: Promise<T>): Promise<T> {
    const result = await answer
    const { happens } = meanwhile
    if (looked === look && happens) {
      delete meanwhile.happens
      await happens()
    }
    return result
  }
  const { holds, ledger } = service.core
  const reader = makeBookingReader(service.stores.database)
  const ownBookings = makeOwnBookings({
    holds: { ...holds, ofUser: (userId, eventId) => then('the holds', holds.ofUser(userId, eventId)) },
    ledger: {
      ...ledger,
      findMany: (ids) => then('PostgreSQL for what it has of them', ledger.findMany(ids)),
    },
    reader: {
      ofUser: (userId, page) => then('the rows', reader.ofUser(userId, page)),
      seatsByStatus: (userId, eventId, without) =>
        then('the rows', reader.seatsByStatus(userId, eventId, without)),
    },
  })
  return { ownBookings, meanwhile }
}

test('the summary counts seats by what became of them', { skip }, async () => {
  const { event, zoneIds } = await service.event([100], { maxTicketsPerUser: 50 })
  const userId = aUser()
  const hold = (quantity: number) => service.hold(event.id, zoneIds[0] as string, { userId, quantity })
  const [confirmed, cancelled, refunded] = [await hold(1), await hold(2), await hold(3)]
  for (const one of [confirmed, refunded]) {
    await service.confirm({ bookingId: one.bookingId, userId, paymentId: await service.pay(one) })
  }
  await service.cancel(cancelled)
  await service.refund({ bookingId: refunded.bookingId, userId, role: 'customer' })
  const expired = await hold(4)
  await service.setClock(expired.expiresAtMs)
  await service.expire()
  await service.setClock(null)
  await hold(5)
  await service.persist()
  await hold(6)
  const summary = { reserved: 11, confirmed: 1, cancelled: 2, expired: 4, refunded: 3 }
  assert.deepEqual(await service.ownBookings.summary(userId, event.id), summary)
  await service.persist()
  assert.deepEqual(await service.ownBookings.summary(userId, event.id), summary)
  await assertSound(service)
})
