/** Capacities change while seats are sold: Redis never has more seats than PostgreSQL, and none of a buyer's is taken away. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { makeCapacityChange } from '../../src/catalogue/change-capacity.ts'
import type { LiveCapacity, ZoneLedger } from '../../src/catalogue/ports.ts'
import { makeZoneLedger } from '../../src/postgres/zone-ledger.ts'
import { assertSound, atOnce, kindOf, kinds, liveSeats, zoneOf } from '../booking/probe.ts'
import { openService, type TestService } from '../support/service.ts'
import { withoutPostgres, withoutRedis } from '../support/stores.ts'

const skip = withoutRedis || withoutPostgres
const service = (skip ? null : await openService({ after })) as TestService

async function zone(capacity: number) {
  const { event, zoneIds } = await service.event([capacity])
  const zoneId = zoneIds[0] as string
  return {
    eventId: event.id,
    zoneId,
    change: (seats: number) => service.core.capacity.change(event.id, zoneId, seats),
    hold: (quantity = 1) => service.hold(event.id, zoneId, { quantity }),
    reserve: () => service.reserve(service.command(event.id, zoneId)),
  }
}

async function capacities(zoneId: string): Promise<{ live: number; stored: number }> {
  const { live, stored } = await zoneOf(service, zoneId)
  return { live: live.capacity, stored: stored.capacity }
}

test('a zone that grows sells its new seats at once, and no more', { skip }, async () => {
  const { change, reserve, zoneId } = await zone(2)
  await atOnce(2, reserve)
  assert.equal((await reserve()).kind, 'sold_out')
  assert.deepEqual(await change(5), { kind: 'changed' })
  assert.deepEqual(kinds(await atOnce(10, reserve)), { reserved: 3, sold_out: 7 })
  assert.deepEqual(await capacities(zoneId), { live: 5, stored: 5 })
  await assertSound(service)
})

test('a zone shrinks to what is held and sold, and not below', { skip }, async () => {
  const { change, hold, reserve, zoneId } = await zone(10)
  const bought = await hold(3)
  await service.confirm({ ...bought, paymentId: await service.pay(bought) })
  await hold(2)
  assert.deepEqual(await change(4), { kind: 'seats_taken', smallestCapacity: 5 })
  assert.deepEqual(await capacities(zoneId), { live: 10, stored: 10 })
  assert.equal(await liveSeats(service, zoneId), '5 available, 2 held, 3 sold')
  assert.deepEqual(await change(5), { kind: 'changed' })
  assert.equal((await reserve()).kind, 'sold_out')
  assert.equal(await liveSeats(service, zoneId), '0 available, 2 held, 3 sold')
  await service.persist()
  assert.deepEqual(await service.findings(), [])
  await assertSound(service)
})

test('a hold that ends after its zone shrank frees a seat of the smaller zone', { skip }, async () => {
  const { change, hold, zoneId } = await zone(10)
  const held = await hold(4)
  await change(4)
  await service.cancel(held)
  assert.equal(await liveSeats(service, zoneId), '4 available, 0 held, 0 sold')
  assert.deepEqual(await change(0), { kind: 'changed' })
  assert.deepEqual(await capacities(zoneId), { live: 0, stored: 0 })
  await assertSound(service)
})

test('a zone that is in another event, or nowhere, is not found', { skip }, async () => {
  const [one, other] = [await zone(3), await zone(3)]
  const outcome = await service.core.capacity.change(one.eventId, other.zoneId, 9)
  assert.deepEqual(outcome, { kind: 'zone_not_found' })
  assert.deepEqual(await capacities(other.zoneId), { live: 3, stored: 3 })
})

test('grows, shrinks, reservations and cancellations at once: no seat appears and none is lost', {
  skip,
}, async () => {
  const { change, reserve, zoneId, eventId } = await zone(30)
  const sizes = [40, 25, 60, 35, 50, 20, 45, 30]
  const changes = sizes.map((seats) => kindOf(change(seats)))
  const outcomes = await atOnce(60, async (i) => {
    const outcome = await reserve()
    if (outcome.kind === 'reserved' && i % 3 === 0) await service.cancel(outcome.hold)
    return outcome
  })
  const answers = await Promise.all(changes)
  assert.ok(answers.every((kind) => ['changed', 'seats_taken', 'unavailable'].includes(kind)))
  assert.deepEqual(Object.keys(kinds(outcomes)).sort().slice(0, 1), ['reserved'])

  // A change that gave up leaves Redis with fewer seats, never more; the next one brings both stores together.
  const between = await capacities(zoneId)
  assert.ok(between.live <= between.stored, `${between.live} live, ${between.stored} stored`)
  await service.core.capacity.change(eventId, zoneId, between.stored)
  const { live, stored } = await zoneOf(service, zoneId)
  assert.equal(live.capacity, stored.capacity)
  assert.equal(live.available + live.held + live.sold, live.capacity)
  assert.ok(live.available >= 0)
  await assertSound(service)
})

test('two changes one after the other: the later number stands in both stores, whoever is slow', {
  skip,
}, async () => {
  const { eventId, zoneId, change } = await zone(10)
  const slow = makeChange({
    live: (live) => ({
      async apply(...args) {
        // Somebody else's change is numbered, stored and applied meanwhile.
        await change(12)
        return live.apply(...args)
      },
    }),
  })
  assert.deepEqual(await slow.change(eventId, zoneId, 20), { kind: 'changed' })
  assert.deepEqual(await capacities(zoneId), { live: 12, stored: 12 })
  await assertSound(service)
})

function makeChange(wrap: {
  zones?: (zones: ZoneLedger) => ZoneLedger
  live?: (live: LiveCapacity) => LiveCapacity
}) {
  const zones = makeZoneLedger(service.stores.database)
  return makeCapacityChange(
    wrap.zones?.(zones) ?? zones,
    wrap.live?.(service.core.inventory) ?? service.core.inventory,
  )
}

const stops = [
  ['growing, before Redis is told', 20, 'before', { live: 10, stored: 20 }],
  ['growing, after Redis was told', 20, 'after', { live: 20, stored: 20 }],
  ['shrinking, before PostgreSQL is told', 6, 'between', { live: 6, stored: 10 }],
] as const

for (const [where, seats, place, left] of stops) {
  test(`a change that stops half-way, ${where}, leaves Redis with no more seats; changing again repairs it`, {
    skip,
  }, async () => {
    const { eventId, zoneId, change, reserve } = await zone(10)
    const stop = (): never => {
      throw new Error('stopped')
    }
    const stopped = makeChange({
      zones: (zones) => ({
        ...zones,
        storeCapacity: async (...args) => (place === 'between' ? stop() : zones.storeCapacity(...args)),
      }),
      live: (live) => ({
        async apply(...args) {
          if (place === 'before') stop()
          const applied = await live.apply(...args)
          return place === 'after' ? stop() : applied
        },
      }),
    })
    await assert.rejects(stopped.change(eventId, zoneId, seats), /stopped/)
    assert.deepEqual(await capacities(zoneId), left)
    const outcomes = await atOnce(30, reserve)
    assert.equal(kinds(outcomes)['reserved'], left.live)

    assert.deepEqual(await change(left.stored), { kind: 'changed' })
    assert.deepEqual(await capacities(zoneId), { live: left.stored, stored: left.stored })
    await service.persist()
    assert.deepEqual(await service.findings(), [])
    await assertSound(service)
  })
}

test('a shrink that Redis agreed to before it was rebuilt is asked for again', { skip }, async () => {
  const { eventId, zoneId, hold } = await zone(10)
  let rebuilt = false
  const interrupted = makeChange({
    live: (live) => ({
      async apply(...args) {
        const applied = await live.apply(...args)
        if (!rebuilt) {
          rebuilt = true
          await service.reconcile(true)
          // Redis has its ten seats again, and somebody holds nine of them.
          await hold(9)
        }
        return applied
      },
    }),
  })
  const outcome = await interrupted.change(eventId, zoneId, 5)
  assert.deepEqual(outcome, { kind: 'seats_taken', smallestCapacity: 9 })
  assert.deepEqual(await capacities(zoneId), { live: 10, stored: 10 })
  await assertSound(service)
})
