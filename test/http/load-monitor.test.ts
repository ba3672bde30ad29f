import assert from 'node:assert/strict'
import { test } from 'node:test'
import { steeredLoad } from './steered-load.ts'

test('one long turn of the event loop is no overload, nor are two; three in a row are', () => {
  const { load, turns } = steeredLoad({ loopDelayMs: 100 })
  turns(0, 5000)
  assert.equal(load.overload(), null)
  turns(500)
  assert.equal(load.overload(), null)
  turns(0, 500, 500)
  assert.equal(load.overload(), null)
  turns(500)
  assert.equal(load.overload(), 'event_loop')
})

test('one turn on time ends an overload of the event loop, one that is still half as late does not', () => {
  const { load, turns } = steeredLoad({ loopDelayMs: 100 })
  turns(120, 120, 120)
  assert.equal(load.overload(), 'event_loop')
  turns(60)
  assert.equal(load.overload(), 'event_loop')
  turns(0)
  assert.equal(load.overload(), null)
})

test('requests under way are too many at the limit, until a fifth of them are done', () => {
  const { load } = steeredLoad({ maxInFlight: 10 })
  for (let i = 0; i < 9; i++) load.entered()
  assert.equal(load.overload(), null)
  load.entered()
  assert.equal(load.overload(), 'in_flight')
  load.left()
  assert.equal(load.overload(), 'in_flight')
  load.left()
  assert.equal(load.overload(), null)
})

test('endings are refused last, and never for the backlog', async () => {
  const { load, turns, backlogIs } = steeredLoad({ loopDelayMs: 100, maxInFlight: 10 })
  for (let i = 0; i < 10; i++) load.entered()
  assert.deepEqual([load.refuses('new'), load.refuses('ending')], ['in_flight', null])
  for (let i = 0; i < 10; i++) load.entered()
  assert.equal(load.refuses('ending'), 'in_flight')
  for (let i = 0; i < 20; i++) load.left()
  turns(200, 200, 200)
  assert.deepEqual([load.refuses('new'), load.refuses('ending')], ['event_loop', null])
  turns(500, 500, 500)
  assert.equal(load.refuses('ending'), 'event_loop')
  turns(0)
  await backlogIs(1_000_000)
  assert.deepEqual(
    [load.refuses('reserve'), load.refuses('new'), load.refuses('ending')],
    ['backlog', null, null],
  )
})

test('a backlog is an overload from its limit until a fifth of it is written; when Redis is away it is forgotten', async () => {
  const { load, backlogIs } = steeredLoad({ backlogMaxEntries: 100 })
  await backlogIs(99)
  assert.equal(load.overload(), null)
  await backlogIs(100)
  assert.equal(load.overload(), 'backlog')
  await backlogIs(81)
  assert.equal(load.overload(), 'backlog')
  await backlogIs(80)
  assert.equal(load.overload(), null)
  await backlogIs(100)
  await backlogIs(new Error('redis is away'))
  assert.equal(load.overload(), null)
})
