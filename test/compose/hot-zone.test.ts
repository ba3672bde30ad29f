import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Reserve, ReserveCommand, ReserveOutcome } from '../../src/booking/reserve.ts'
import type { CatalogueEvent } from '../../src/catalogue/model.ts'
import { makeHotZone } from '../../src/compose/hot-zone.ts'

function eventOf(id: string, zones: number): CatalogueEvent {
  const names = Array.from({ length: zones }, (_, i) => ({ id: `${id}-${i}`, name: `Zone ${i}` }))
  return { id, name: `Event ${id}`, shows: [{ zones: names }] } as CatalogueEvent
}

const four = eventOf('four', 4)
const one = eventOf('one', 1)

function open(outcome: ReserveOutcome['kind'] = 'reserved') {
  let nowMs = 1000
  const hotZone = makeHotZone(() => nowMs)
  const catalogue = { get: async (id: string) => [four, one].find((event) => event.id === id) ?? null }
  const reserve: Reserve = hotZone.watch(async () => ({ kind: outcome }) as ReserveOutcome, catalogue)
  return {
    hotZone,
    pass: (ms: number) => {
      nowMs += ms
    },
    ask: async (eventId: string, zoneId: string, times: number) => {
      for (let i = 0; i < times; i++) await reserve({ eventId, zoneId } as ReserveCommand)
    },
  }
}

test('a zone that everybody wants is named, with its event, its share and what was refused', async () => {
  const { hotZone, ask } = open('sold_out')
  await ask('four', 'four-2', 190)
  await ask('four', 'four-1', 10)
  assert.equal(hotZone.percent(), 95)
  assert.equal(
    hotZone.explain(),
    'The zone "Zone 2" (four-2) of "Event four" (four), one of 4, had 95 % of the 200 reservations that its event was asked for in 5 s; 100 % of them were refused.',
  )
})

test('a sale that is spread over its zones has no hot one', async () => {
  const { hotZone, ask } = open()
  for (let zone = 0; zone < 4; zone++) await ask('four', `four-${zone}`, 100)
  assert.equal(hotZone.percent(), 25)
})

test('an event with one zone has none, however many want it; nor has one that hardly anybody wants', async () => {
  const { hotZone, ask } = open()
  await ask('one', 'one-0', 1000)
  await ask('four', 'four-0', 99)
  assert.equal(hotZone.percent(), 0)
  assert.equal(hotZone.explain(), '')
})

test('what was asked for long ago does not count', async () => {
  const { hotZone, ask, pass } = open()
  await ask('four', 'four-0', 200)
  assert.equal(hotZone.percent(), 100)
  pass(3000)
  for (let zone = 1; zone < 4; zone++) await ask('four', `four-${zone}`, 100)
  assert.equal(hotZone.percent(), 40)
  pass(3000)
  assert.ok(hotZone.percent() < 34)
  pass(5000)
  assert.equal(hotZone.percent(), 0)
})

test('events and zones that are not there are not kept', async () => {
  const { hotZone, ask } = open('event_not_found')
  await ask('four', 'four-0', 200)
  assert.equal(hotZone.percent(), 0)
})
