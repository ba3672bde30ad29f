import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeBrowse } from '../../src/catalogue/browse.ts'
import { makeCachedCatalogue } from '../../src/catalogue/cached-catalogue.ts'
import type { Inventory } from '../../src/catalogue/ports.ts'
import { Unavailable } from '../../src/pipeline/unavailable.ts'
import { makeCatalogueStore } from '../../src/postgres/catalogue-store.ts'
import { withoutPostgres } from '../support/stores.ts'
import { newEvent, openTestDatabase } from './database.ts'

const skip = { skip: withoutPostgres }
type Seats = Inventory['seats']

async function setUp(t: Parameters<typeof openTestDatabase>[0], seats: Seats = async () => new Map()) {
  const store = makeCatalogueStore(await openTestDatabase(t))
  const catalogue = makeCachedCatalogue({ store, ttlMs: 2000, nowMs: () => performance.now() })
  return { store, browse: makeBrowse({ store, catalogue, inventory: { seats } as Inventory }) }
}

test('a draft is seen by its organizer and by admins, and by nobody else', skip, async (t) => {
  const { store, browse } = await setUp(t)
  const event = await store.insert({ ...newEvent, status: 'draft' })
  assert.ok(event)
  const viewers = [
    [null, false],
    [{ userId: 'ann', role: 'customer' }, false],
    [{ userId: 'bob', role: 'organizer' }, false],
    [{ userId: 'ann', role: 'organizer' }, true],
    [{ userId: 'root', role: 'admin' }, true],
  ] as const
  for (const [viewer, sees] of viewers) {
    for (const name of [event.id, event.slug]) {
      assert.equal((await browse.get(name, viewer)) !== null, sees, JSON.stringify(viewer))
      assert.equal((await browse.availability(name, viewer)) !== null, sees)
      assert.equal((await browse.find(name, viewer)) !== null, sees)
    }
  }
  const listed = await browse.list({ before: null, limit: 10 }, { userId: 'ann', role: 'organizer' })
  assert.equal(listed.items.length, 1)
  assert.equal((await browse.list({ before: null, limit: 10 }, null)).items.length, 0)
})

test('the last page says that it is the last', skip, async (t) => {
  const { store, browse } = await setUp(t)
  for (const slug of ['a', 'b', 'c']) await store.insert({ ...newEvent, slug })
  const first = await browse.list({ before: null, limit: 2 }, null)
  assert.equal(first.next, first.items[1]?.event.id)
  const last = await browse.list({ before: first.next, limit: 2 }, null)
  assert.equal(last.items.length, 1)
  assert.equal(last.next, null)
})

test(
  'while the seat store is away events are shown without their seats, and availability says so',
  skip,
  async (t) => {
    const { store, browse } = await setUp(t, async () => {
      throw new Unavailable('redis')
    })
    await store.insert(newEvent)
    assert.equal((await browse.get('the-show', null))?.seats.size, 0)
    assert.equal((await browse.list({ before: null, limit: 1 }, null)).items[0]?.seats.size, 0)
    await assert.rejects(browse.availability('the-show', null), Unavailable)
  },
)
