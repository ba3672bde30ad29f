import assert from 'node:assert/strict'
import { randomUUIDv7 } from 'node:crypto'
import { test } from 'node:test'
import { makeSimulatedProvider } from '../../src/payments/simulated-provider.ts'
import { partitionOfEvent } from '../../src/pipeline/partition.ts'
import { makeCatalogueStore } from '../../src/postgres/catalogue-store.ts'
import { makeProviderBooks } from '../../src/postgres/simulated-payments.ts'
import { withoutPostgres } from '../support/stores.ts'
import { newEvent, openTestDatabase } from './database.ts'

const skip = { skip: withoutPostgres }
const withSlug = (slug: string) => ({ ...newEvent, slug })

test('an event comes back as it was created, by its id and by its slug', skip, async (t) => {
  const database = await openTestDatabase(t)
  const store = makeCatalogueStore(database)
  const created = await store.insert({ ...newEvent, saleClosesAtMs: 5_000 })
  assert.ok(created)
  const { id, version, createdAtMs, updatedAtMs, ...fields } = created
  const withoutIds = fields.shows.map(({ id: _, zones, ...show }) => ({
    ...show,
    zones: zones.map(({ id: _, ...zone }) => zone),
  }))
  assert.deepEqual({ ...fields, shows: withoutIds }, { ...newEvent, saleClosesAtMs: 5_000 })
  assert.equal(version, 1)
  assert.equal(createdAtMs, updatedAtMs)
  assert.deepEqual(await store.find(id), created)
  assert.deepEqual(await store.find('the-show'), created)
  const { rows } = await database.query<{ partition: number }>({ text: 'SELECT partition FROM events' })
  assert.equal(rows[0]?.partition, partitionOfEvent(id))
})

test('a slug that is taken creates nothing, not even shows', skip, async (t) => {
  const database = await openTestDatabase(t)
  const store = makeCatalogueStore(database)
  const inserts = await Promise.all(Array.from({ length: 8 }, () => store.insert(newEvent)))
  assert.equal(inserts.filter((event) => event !== null).length, 1)
  const { rows } = await database.query<{ zones: string }>({ text: 'SELECT count(*) AS zones FROM zones' })
  assert.equal(rows[0]?.zones, '4')
})

test('what is not there is null', skip, async (t) => {
  const store = makeCatalogueStore(await openTestDatabase(t))
  assert.equal(await store.find('nothing'), null)
  assert.equal(await store.find(randomUUIDv7()), null)
  assert.equal(await store.update(randomUUIDv7(), { name: 'Other' }), null)
  assert.equal(await store.cancel(randomUUIDv7()), null)
})

test('pages go from new to old without gaps, and drafts are their organizer’s', skip, async (t) => {
  const store = makeCatalogueStore(await openTestDatabase(t))
  const ids: string[] = []
  for (const slug of ['a', 'b', 'c', 'd', 'e']) {
    const status = slug === 'c' ? ('draft' as const) : ('on_sale' as const)
    ids.push((await store.insert({ ...withSlug(slug), status }))?.id ?? '')
  }
  // Ids of one millisecond have no order of creation, but they have one order.
  const newestFirst = [...ids].sort().reverse()
  const pagesOf = async (includeDraftsOf: string | null) => {
    const seen: string[] = []
    for (let before: string | null = null; ; ) {
      const page = await store.list({ before, limit: 2, includeDraftsOf })
      if (page.length === 0) return seen
      seen.push(...page.map(({ id }) => id))
      before = seen.at(-1) ?? null
    }
  }
  const published = newestFirst.filter((id) => id !== ids[2])
  assert.deepEqual(await pagesOf(null), published)
  assert.deepEqual(await pagesOf('bob'), published)
  assert.deepEqual(await pagesOf('ann'), newestFirst)
})

test('a change changes what it names and raises the version', skip, async (t) => {
  const store = makeCatalogueStore(await openTestDatabase(t))
  const before = await store.insert(newEvent)
  const zone = before?.shows[1]?.zones[0]
  assert.ok(before && zone)
  const after = await store.update(before.id, { name: 'Other', zones: [{ id: zone.id, priceMinor: 1 }] })
  assert.ok(after)
  assert.equal(after.version, 2)
  assert.equal(after.name, 'Other')
  assert.equal(after.shows[1]?.zones[0]?.priceMinor, 1)
  assert.equal(after.shows[1]?.zones[0]?.name, 'A')
  assert.deepEqual(after.shows[0], before.shows[0])
  assert.equal(after.description, before.description)
  const closed = await store.update(before.id, { saleClosesAtMs: 9_000, status: 'closed', description: '' })
  assert.equal(closed?.saleClosesAtMs, 9_000)
  assert.equal(closed?.description, '')
  assert.equal((await store.update(before.id, { name: 'x' }))?.saleClosesAtMs, 9_000)
  assert.equal((await store.update(before.id, { saleClosesAtMs: null }))?.saleClosesAtMs, null)
})

test('a zone of another event is not changed', skip, async (t) => {
  const store = makeCatalogueStore(await openTestDatabase(t))
  const mine = await store.insert(newEvent)
  const theirs = await store.insert(withSlug('theirs'))
  const zone = theirs?.shows[0]?.zones[0]
  assert.ok(mine && theirs && zone)
  await store.update(mine.id, { zones: [{ id: zone.id, priceMinor: 1 }] })
  assert.deepEqual(await store.find(theirs.id), theirs)
})

test('twenty changes at once raise the version twenty times', skip, async (t) => {
  const store = makeCatalogueStore(await openTestDatabase(t))
  const event = await store.insert(newEvent)
  assert.ok(event)
  await Promise.all(Array.from({ length: 20 }, (_, i) => store.update(event.id, { name: `n${i}` })))
  assert.equal((await store.find(event.id))?.version, 21)
})

test('sale times that do not fit change nothing', skip, async (t) => {
  const store = makeCatalogueStore(await openTestDatabase(t))
  const event = await store.insert(newEvent)
  assert.ok(event)
  assert.equal(await store.update(event.id, { saleClosesAtMs: 1_000, name: 'Other' }), null)
  assert.deepEqual(await store.find(event.id), event)
})

test('a cancelled event stays as it is', skip, async (t) => {
  const store = makeCatalogueStore(await openTestDatabase(t))
  const event = await store.insert(newEvent)
  assert.ok(event)
  const cancelled = await store.cancel(event.id)
  assert.equal(cancelled?.status, 'cancelled')
  assert.equal(cancelled?.version, 2)
  assert.equal((await store.cancel(event.id))?.version, 2)
  assert.equal(await store.update(event.id, { status: 'on_sale' }), null)
})

test('a simulated payment is remembered in whole minor units', skip, async (t) => {
  const provider = makeSimulatedProvider(makeProviderBooks(await openTestDatabase(t)))
  const wanted = { bookingId: randomUUIDv7(), amountMinor: 21_474_836_470, currency: 'THB' }
  const states = { succeed: 'succeeded', decline: 'failed', pending: 'pending' } as const
  for (const [simulate, state] of Object.entries(states)) {
    const id = `pay_${simulate}`
    const method = simulate as keyof typeof states
    assert.deepEqual(await provider.create({ ...wanted, id, method }), { ...wanted, id, state })
    assert.deepEqual(await provider.find(id), { ...wanted, id, state })
  }
  assert.equal(await provider.find('pay_unknown'), null)
})
