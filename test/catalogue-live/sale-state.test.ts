/** Whether and at what price an event sells is decided where its seats are: what a process remembers of it may be old. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { makeCancelEvent } from '../../src/catalogue/cancel-event.ts'
import type { EventStatus } from '../../src/catalogue/model.ts'
import type { EventChange } from '../../src/catalogue/ports.ts'
import { bookingsToGiveBack } from '../../src/postgres/bookings-to-give-back.ts'
import { inventoryKey } from '../../src/redis/keys.ts'
import { liveVersions } from '../../src/redis/live-versions.ts'
import { makeEventCancellation } from '../../src/workers/event-cancellation.ts'
import { assertSound, atOnce, kinds, liveSeats, messagesOf, runUntil, statusOf } from '../booking/probe.ts'
import { openService, type TestService } from '../support/service.ts'
import { withoutPostgres, withoutRedis } from '../support/stores.ts'

const skip = withoutRedis || withoutPostgres
const service = (skip ? null : await openService({ after })) as TestService
/** Another API process, with a memory of its own. */
const other = skip
  ? (null as never)
  : await openService({ after }, { redis: service.redis, databaseUrl: service.databaseUrl })

async function onSale(capacity = 10) {
  const { event, zoneIds } = await service.event([capacity])
  return { eventId: event.id, zoneId: zoneIds[0] as string }
}

/** Changes an event as an organizer's request to another process does; `service` is not told. */
async function change(eventId: string, more: EventChange): Promise<void> {
  const event = await other.core.catalogueStore.update(eventId, more)
  assert.ok(event)
  await other.core.inventory.publishSale(event)
}

for (const status of ['draft', 'closed', 'cancelled'] satisfies EventStatus[]) {
  test(`an event that is ${status} does not sell, and takes nothing`, { skip }, async () => {
    const { event, zoneIds } = await service.event([10], { status })
    const zoneId = zoneIds[0] as string
    assert.deepEqual(await service.reserve(service.command(event.id, zoneId)), { kind: 'not_on_sale' })
    assert.equal(await liveSeats(service, zoneId), '10 available, 0 held, 0 sold')
  })
}

test('a sale begins and ends on the millisecond, by the seat store’s clock', { skip }, async () => {
  const { eventId, zoneId } = await onSale()
  const opensMs = Date.now() + 60_000
  await change(eventId, { saleOpensAtMs: opensMs, saleClosesAtMs: opensMs + 1000 })
  const at = async (ms: number) => {
    await service.setClock(ms)
    return (await service.reserve(service.command(eventId, zoneId))).kind
  }
  assert.deepEqual(
    [await at(opensMs - 1), await at(opensMs), await at(opensMs + 999), await at(opensMs + 1000)],
    ['not_on_sale', 'reserved', 'reserved', 'not_on_sale'],
  )
  await service.setClock(null)
  await assertSound(service)
})

test('a sale that another process closed is closed here at once, and open again when it opens', {
  skip,
}, async () => {
  const { eventId, zoneId } = await onSale()
  await service.hold(eventId, zoneId)
  await change(eventId, { status: 'closed' })
  assert.equal((await service.reserve(service.command(eventId, zoneId))).kind, 'not_on_sale')
  await change(eventId, { status: 'on_sale' })
  await service.hold(eventId, zoneId)
  await assertSound(service)
})

test('a hold of a sale that closed can still be confirmed', { skip }, async () => {
  const { eventId, zoneId } = await onSale()
  const hold = await service.hold(eventId, zoneId)
  await change(eventId, { status: 'closed' })
  const outcome = await service.confirm({ ...hold, paymentId: await service.pay(hold) })
  assert.equal(outcome.kind, 'confirmed')
  await assertSound(service)
})

test('a process that remembers the old price charges the price now', { skip }, async () => {
  const { eventId, zoneId } = await onSale()
  assert.equal((await service.hold(eventId, zoneId)).unitPriceMinor, 5000)
  await change(eventId, { zones: [{ id: zoneId, priceMinor: 7500 }] })
  const holds = await atOnce(5, () => service.hold(eventId, zoneId))
  assert.deepEqual([...new Set(holds.map(({ unitPriceMinor }) => unitPriceMinor))], [7500])
  await assertSound(service)
})

test('a buyer who names the price they saw is told when it is another one', { skip }, async () => {
  const { eventId, zoneId } = await onSale()
  const reserve = (expectedUnitPriceMinor: number) =>
    service.reserve(service.command(eventId, zoneId, { expectedUnitPriceMinor }))
  assert.equal((await reserve(5000)).kind, 'reserved')
  await change(eventId, { zones: [{ id: zoneId, priceMinor: 7500 }] })
  assert.deepEqual(await reserve(5000), { kind: 'price_changed', unitPriceMinor: 7500 })
  assert.equal((await reserve(7500)).kind, 'reserved')
  assert.deepEqual(await reserve(5000), { kind: 'price_changed', unitPriceMinor: 7500 })
  assert.equal(await liveSeats(service, zoneId), '8 available, 2 held, 0 sold')
  await assertSound(service)
})

test('prices change while people buy: everybody is charged a price that was true, and no seat is lost', {
  skip,
}, async () => {
  const { eventId, zoneId } = await onSale(60)
  const prices = [5000, 6000, 7000, 8000]
  const buying = atOnce(40, (i) => (i % 2 ? service : other).hold(eventId, zoneId).catch((error) => error))
  for (const priceMinor of prices.slice(1)) await change(eventId, { zones: [{ id: zoneId, priceMinor }] })
  const bought = (await buying).filter((hold) => !(hold instanceof Error))
  assert.ok(bought.every((hold) => prices.includes(hold.unitPriceMinor)))
  assert.equal(
    await liveSeats(service, zoneId),
    `${60 - bought.length} available, ${bought.length} held, 0 sold`,
  )
  assert.equal((await service.hold(eventId, zoneId)).unitPriceMinor, 8000)
  await assertSound(service)
})

test('a limit that another process changed is the limit here', { skip }, async () => {
  const { eventId, zoneId } = await onSale()
  await service.hold(eventId, zoneId, { userId: 'ann', quantity: 2 })
  await change(eventId, { maxTicketsPerUser: 3 })
  const outcome = await service.reserve(service.command(eventId, zoneId, { userId: 'ann', quantity: 2 }))
  assert.deepEqual(outcome, { kind: 'limit_exceeded', taken: 2, maxTicketsPerUser: 3 })
  await assertSound(service)
})

test('a change that reached PostgreSQL and not Redis is brought there by the next buyer who knows of it', {
  skip,
}, async () => {
  const { eventId, zoneId } = await onSale()
  await other.core.catalogueStore.update(eventId, { status: 'closed' })
  const outcome = await other.reserve(other.command(eventId, zoneId))
  assert.deepEqual(outcome, { kind: 'not_on_sale' })
  assert.deepEqual(await service.reserve(service.command(eventId, zoneId)), { kind: 'not_on_sale' })
})

test('an unknown event, an unknown zone and a zone of another show are told apart', { skip }, async () => {
  const { eventId, zoneId } = await onSale()
  const nobody = '00000000-0000-7000-8000-000000000000'
  const commands = [
    service.command(nobody, zoneId),
    service.command(eventId, nobody),
    service.command(eventId, zoneId, { showId: nobody }),
  ]
  const outcomes = await Promise.all(commands.map((command) => service.reserve(command)))
  assert.deepEqual(
    outcomes.map(({ kind }) => kind),
    ['event_not_found', 'zone_not_found', 'zone_not_found'],
  )
})

test('a zone that Redis does not have is unavailable, never sold out', { skip }, async () => {
  const { eventId, zoneId } = await onSale()
  await service.stores.redis.run(async (redis) => {
    const [key = ''] = await redis.keys(`inv:*${eventId}`)
    await redis.hdel(key, `a:${zoneId}`)
  })
  await assert.rejects(service.reserve(service.command(eventId, zoneId)), { name: 'Unavailable' })
  await service.reconcile(true)
  await service.hold(eventId, zoneId)
  await assertSound(service)
})

test('a cancelled event gives everything back: holds are cancelled, bookings refunded, none sold again', {
  skip,
}, async () => {
  const { eventId, zoneId } = await onSale(20)
  const holds = await atOnce(8, () => service.hold(eventId, zoneId))
  const [bought, held] = [holds.slice(0, 4), holds.slice(4, 7)]
  for (const hold of bought) await service.confirm({ ...hold, paymentId: await service.pay(hold) })
  const refunded = bought[0] as (typeof bought)[0]
  await service.refund({ ...refunded, role: 'customer' })
  await service.persist()

  const cancelEvent = makeCancelEvent({ ...service.core, store: service.core.catalogueStore })
  const person = { userId: 'organizer', role: 'organizer' as const }
  assert.equal((await cancelEvent({ eventId, person })).kind, 'cancelled')
  assert.equal((await other.reserve(other.command(eventId, zoneId))).kind, 'not_on_sale')

  await giveBack(7)
  assert.equal(await liveSeats(service, zoneId), '20 available, 0 held, 0 sold')
  for (const { bookingId } of bought) {
    assert.deepEqual(await messagesOf(service, bookingId), [
      'booking.reserved 1',
      'booking.confirmed 2',
      'booking.refunded 3',
      'refund.requested 1',
    ])
  }
  for (const { bookingId } of held) assert.equal(await statusOf(service, bookingId), 'cancelled')
  assert.deepEqual(await service.findings(), [])
  await assertSound(service)
})

test('a buyer who confirms while the event is being cancelled is refunded', { skip }, async () => {
  const { eventId, zoneId } = await onSale()
  const holds = await atOnce(6, () => service.hold(eventId, zoneId))
  const payments = await Promise.all(holds.map((hold) => service.pay(hold)))
  await service.persist()
  await other.core.catalogueStore.cancel(eventId)
  const found = await bookingsToGiveBack(service.stores.database, 100)
  const [confirms] = await Promise.all([
    Promise.all(holds.map((hold, i) => other.confirm({ ...hold, paymentId: payments[i] as string }))),
    Promise.all(found.map((booking) => service.giveBack(booking))),
  ])
  for (const booking of await bookingsToGiveBack(service.stores.database, 100))
    await service.giveBack(booking)

  for (const [i, { bookingId }] of holds.entries()) {
    const paid = confirms[i]?.kind === 'confirmed'
    assert.equal(await statusOf(service, bookingId), paid ? 'refunded' : 'cancelled')
  }
  assert.deepEqual(
    Object.keys(kinds(confirms)).filter((kind) => !['confirmed', 'released'].includes(kind)),
    [],
  )
  assert.equal(await liveSeats(service, zoneId), '10 available, 0 held, 0 sold')
  assert.deepEqual(await service.findings(), [])
})

/** Runs the worker that gives cancelled events' bookings back, until it has given back so many. */
async function giveBack(bookings: number): Promise<void> {
  const errors: unknown[] = []
  let given = 0
  const worker = makeEventCancellation({
    find: (limit) => bookingsToGiveBack(service.stores.database, limit),
    giveBack: service.giveBack,
    intervalMs: 5,
    observer: {
      gaveBack() {
        given++
      },
    },
    onError: (_, error) => errors.push(error),
  })
  await runUntil([worker], () => given >= bookings)
  assert.deepEqual(errors, [])
  assert.equal(given, bookings)
}

test('publishing the sale of an event whose inventory was lost does not hide that it was lost', {
  skip,
}, async () => {
  const { event } = await service.event([10])
  await service.stores.redis.run((redis) => redis.del(inventoryKey(event.id)))
  await service.core.inventory.publishSale(event)
  assert.deepEqual(await liveVersions(service.stores.redis, [event.id]), [null])
  await service.reconcile(true)
  assert.equal((await service.core.inventory.seats(event.id)).size, 1)
})
