/**
 * Creating, changing and cancelling over real PostgreSQL; the seat store is one that can be made to refuse or be
 * away.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeCachedCatalogue } from '../../src/catalogue/cached-catalogue.ts'
import { makeCancelEvent } from '../../src/catalogue/cancel-event.ts'
import { makeChangeEvent } from '../../src/catalogue/change-event.ts'
import { makeCreateEvent } from '../../src/catalogue/create-event.ts'
import { findZone } from '../../src/catalogue/model.ts'
import type { CapacityChange, Inventory } from '../../src/catalogue/ports.ts'
import { Unavailable } from '../../src/pipeline/unavailable.ts'
import { makeCatalogueStore } from '../../src/postgres/catalogue-store.ts'
import { withoutPostgres } from '../support/stores.ts'
import { newEvent, openTestDatabase } from './database.ts'

const skip = { skip: withoutPostgres }
const ann = { userId: 'ann', role: 'organizer' as const }

async function setUp(t: Parameters<typeof openTestDatabase>[0]) {
  const database = await openTestDatabase(t)
  const store = makeCatalogueStore(database)
  const catalogue = makeCachedCatalogue({ store, ttlMs: 2000, nowMs: () => performance.now() })
  const published: number[] = []
  let away = false
  const unlessAway = () => {
    if (away) throw new Unavailable('redis')
  }
  const inventory: Inventory = {
    seats: async () => new Map(),
    loadMissing: async () => unlessAway(),
    publishSale: async (event) => {
      unlessAway()
      published.push(event.version)
    },
  }
  const taken = new Map<string, number>()
  const capacity: CapacityChange = {
    async change(_eventId, zoneId, seats) {
      const smallestCapacity = taken.get(zoneId) ?? 0
      if (seats < smallestCapacity) return { kind: 'seats_taken', smallestCapacity }
      const values = [zoneId, seats]
      await database.query({ text: 'UPDATE zones SET capacity = $2 WHERE id = $1', values })
      return { kind: 'changed' }
    },
  }
  const deps = { store, catalogue, inventory, capacity }
  const created = await makeCreateEvent(deps)(newEvent)
  assert.equal(created.kind, 'created')
  const { event } = created as Extract<typeof created, { kind: 'created' }>
  const zoneIds = event.shows.flatMap((show) => show.zones.map(({ id }) => id))
  return {
    store,
    catalogue,
    event,
    zoneIds,
    taken,
    published,
    goAway: () => {
      away = true
    },
    create: makeCreateEvent(deps),
    change: makeChangeEvent(deps),
    cancel: makeCancelEvent(deps),
  }
}

test('a price is changed everywhere: database, memory and seat store', skip, async (t) => {
  const { event, zoneIds, published, catalogue, change } = await setUp(t)
  const [id = ''] = zoneIds
  const outcome = await change({ eventId: event.id, person: ann, change: { zones: [{ id, priceMinor: 7 }] } })
  assert.equal(outcome.kind, 'changed')
  const remembered = await catalogue.get(event.id)
  assert.ok(remembered)
  assert.equal(findZone(remembered, id, null)?.zone.priceMinor, 7)
  assert.deepEqual(published, [2])
})

test('one zone that cannot shrink, and nothing of the whole change happens', skip, async (t) => {
  const { event, zoneIds, taken, published, store, change } = await setUp(t)
  const [first = '', second = '', third = ''] = zoneIds
  taken.set(second, 60)
  const outcome = await change({
    eventId: event.id,
    person: ann,
    change: {
      name: 'Other',
      zones: [
        { id: third, capacity: 500 },
        { id: first, capacity: 50, priceMinor: 1 },
        { id: second, capacity: 59 },
      ],
    },
  })
  assert.deepEqual(outcome, { kind: 'seats_taken', zoneId: second, smallestCapacity: 60 })
  assert.deepEqual(await store.find(event.id), event)
  assert.deepEqual(published, [])
})

test('zones grow and shrink in one change', skip, async (t) => {
  const { event, zoneIds, store, change } = await setUp(t)
  const [first = '', second = ''] = zoneIds
  const zones = [
    { id: first, capacity: 50 },
    { id: second, capacity: 500 },
  ]
  const outcome = await change({ eventId: event.id, person: ann, change: { zones } })
  assert.equal(outcome.kind, 'changed')
  const after = await store.find(event.id)
  assert.ok(after)
  assert.equal(findZone(after, first, null)?.zone.capacity, 50)
  assert.equal(findZone(after, second, null)?.zone.capacity, 500)
})

test('what is refused says why and changes nothing', skip, async (t) => {
  const { event, zoneIds, store, change } = await setUp(t)
  const [id = ''] = zoneIds
  const unknown = event.id
  const kindOf = async (given: object, person: Parameters<typeof change>[0]['person'] = ann) =>
    (await change({ eventId: event.id, person, change: given })).kind
  assert.equal(await kindOf({ name: 'x' }, { userId: 'bob', role: 'organizer' }), 'forbidden')
  assert.equal(await kindOf({ name: 'x' }, { userId: 'ann', role: 'customer' }), 'forbidden')
  assert.equal(await kindOf({ name: 'x', saleClosesAtMs: 1 }), 'sale_times_invalid')
  assert.equal(await kindOf({ name: 'x', zones: [{ id: unknown }] }), 'zone_not_found')
  assert.equal(await kindOf({ name: 'x', zones: [{ id }, { id }] }), 'zone_given_twice')
  assert.deepEqual(await store.find(event.id), event)
})

test('an admin may change anybody’s event', skip, async (t) => {
  const { event, change } = await setUp(t)
  const outcome = await change({
    eventId: event.id,
    person: { userId: 'x', role: 'admin' },
    change: { name: 'y' },
  })
  assert.equal(outcome.kind, 'changed')
})

test('a cancelled event is published, stays cancelled, and does not change any more', skip, async (t) => {
  const { event, published, change, cancel } = await setUp(t)
  assert.equal((await cancel({ eventId: event.id, person: { ...ann, userId: 'bob' } })).kind, 'forbidden')
  assert.equal((await cancel({ eventId: event.id, person: ann })).kind, 'cancelled')
  assert.equal((await cancel({ eventId: event.id, person: ann })).kind, 'cancelled')
  assert.deepEqual(published, [2, 2])
  assert.equal((await change({ eventId: event.id, person: ann, change: { name: 'x' } })).kind, 'cancelled')
})

test(
  'while the seat store is away an event is created, and a change says that it must be asked again',
  skip,
  async (t) => {
    const { event, store, create, change, cancel, goAway } = await setUp(t)
    goAway()
    assert.equal((await create({ ...newEvent, slug: 'second' })).kind, 'created')
    await assert.rejects(change({ eventId: event.id, person: ann, change: { name: 'Other' } }), Unavailable)
    assert.equal((await store.find(event.id))?.name, 'Other')
    await assert.rejects(cancel({ eventId: event.id, person: ann }), Unavailable)
    assert.equal((await store.find(event.id))?.status, 'cancelled')
  },
)
