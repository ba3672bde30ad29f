import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeCachedCatalogue } from '../../src/catalogue/cached-catalogue.ts'
import type { CatalogueEvent } from '../../src/catalogue/model.ts'
import type { CatalogueStore } from '../../src/catalogue/ports.ts'
import { Unavailable } from '../../src/pipeline/unavailable.ts'

const ttlMs = 2000

/** A cache over a store that the test answers for, and a clock that it moves. */
function setUp() {
  let now = 0
  let event: CatalogueEvent | null = { id: 'e', slug: 's', version: 1 } as CatalogueEvent
  const asked: { key: string; answer(): void; fail(): void }[] = []
  const find = (key: string) =>
    new Promise<CatalogueEvent | null>((resolve, reject) => {
      const found = event
      asked.push({ key, answer: () => resolve(found), fail: () => reject(new Unavailable('postgres')) })
    })
  const store = { find } as unknown as CatalogueStore
  const catalogue = makeCachedCatalogue({ store, ttlMs, nowMs: () => now })
  return {
    catalogue,
    asked,
    pass: (ms: number) => {
      now += ms
    },
    change: (version: number | null) => {
      event = version === null ? null : ({ id: 'e', slug: 's', version } as CatalogueEvent)
    },
    async loaded() {
      const first = catalogue.get('e')
      asked.at(-1)?.answer()
      await first
    },
  }
}

/** Lets everything that can go on without an answer go on. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

test('five hundred requests for one event ask the store once', async () => {
  const { catalogue, asked } = setUp()
  const gets = Array.from({ length: 500 }, () => catalogue.get('e'))
  asked[0]?.answer()
  const events = await Promise.all(gets)
  assert.equal(asked.length, 1)
  assert.ok(events.every((event) => event?.version === 1))
})

test('an event that was loaded by its id is known by its slug', async () => {
  const { catalogue, asked, loaded } = setUp()
  await loaded()
  assert.equal((await catalogue.get('s'))?.id, 'e')
  assert.equal(asked.length, 1)
})

test('from half its time on an event is read again, and nobody waits', async () => {
  const { catalogue, asked, pass, change, loaded } = setUp()
  await loaded()
  change(2)
  pass(ttlMs / 2)
  assert.equal((await catalogue.get('e'))?.version, 1)
  assert.equal((await catalogue.get('e'))?.version, 1)
  assert.equal(asked.length, 2)
  asked[1]?.answer()
  await settle()
  assert.equal((await catalogue.get('e'))?.version, 2)
})

test('an event that is older than its time is waited for', async () => {
  const { catalogue, asked, pass, change, loaded } = setUp()
  await loaded()
  change(2)
  pass(ttlMs)
  const gets = [catalogue.get('e'), catalogue.get('e')]
  asked[1]?.answer()
  for (const event of await Promise.all(gets)) assert.equal(event?.version, 2)
  assert.equal(asked.length, 2)
})

test('while the store is away the old event is served, and the store is asked now and then', async () => {
  const { catalogue, asked, pass, loaded } = setUp()
  await loaded()
  pass(ttlMs)
  const get = catalogue.get('e')
  asked[1]?.fail()
  assert.equal((await get)?.version, 1)
  for (let i = 0; i < 100; i++) assert.equal((await catalogue.get('e'))?.version, 1)
  assert.equal(asked.length, 2)
  pass(ttlMs / 2)
  const later = catalogue.get('e')
  assert.equal(asked.length, 3)
  asked[2]?.answer()
  assert.equal((await later)?.version, 1)
})

test('while the store hangs only the first wait for it', async () => {
  const { catalogue, asked, pass, loaded } = setUp()
  await loaded()
  pass(ttlMs)
  const first = catalogue.get('e')
  pass(ttlMs)
  assert.equal((await catalogue.get('e'))?.version, 1)
  assert.equal(asked.length, 2)
  asked[1]?.fail()
  assert.equal((await first)?.version, 1)
})

test('an event that nobody has loaded is not there while the store is away', async () => {
  const { catalogue, asked } = setUp()
  const get = catalogue.get('e')
  asked[0]?.fail()
  await assert.rejects(get, Unavailable)
})

test('that there is no such event is remembered, for a while', async () => {
  const { catalogue, asked, pass, change } = setUp()
  change(null)
  const get = catalogue.get('e')
  asked[0]?.answer()
  assert.equal(await get, null)
  assert.equal(await catalogue.get('e'), null)
  assert.equal(asked.length, 1)
  change(1)
  pass(ttlMs)
  const later = catalogue.get('e')
  asked[1]?.answer()
  assert.equal((await later)?.id, 'e')
})

test('a refresh does not trust a read that began before it', async () => {
  const { catalogue, asked, pass, change, loaded } = setUp()
  await loaded()
  pass(ttlMs / 2)
  await catalogue.get('e')
  change(2)
  const refreshes = [catalogue.refresh('e'), catalogue.refresh('e')]
  asked[1]?.answer()
  await settle()
  assert.equal(asked.length, 3)
  asked[2]?.answer()
  for (const event of await Promise.all(refreshes)) assert.equal(event?.version, 2)
  assert.equal((await catalogue.get('e'))?.version, 2)
})

test('an old version does not replace a newer one', async () => {
  const { catalogue, asked, change } = setUp()
  const bySlug = catalogue.get('s')
  change(2)
  const byId = catalogue.get('e')
  asked[1]?.answer()
  await byId
  asked[0]?.answer()
  await bySlug
  assert.equal((await catalogue.get('e'))?.version, 2)
  assert.equal((await catalogue.get('s'))?.version, 2)
})
