import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type BlockRecord, blockRecord, type Sample } from '../../src/diagnostics/beside/block-record.ts'
import { makeBlockRing } from '../../src/diagnostics/beside/block-ring.ts'

const bounds = { unixMs: 1_000_000, blockMinMs: 200, nativeFromMs: 30 }

function sample(askedMs: number, atMs: number, name: string, lostMs = 0): Sample {
  const frames = [
    { name: 'inside', file: 'node:fs', line: 1, column: 1 },
    { name, file: '/app.ts', line: 7, column: 1 },
  ]
  return { askedMs, atMs, lostMs, tookMs: 0, frames }
}

test('a block is of the function that it was in for longest, and the parts are the whole', () => {
  const samples = [sample(100, 101, 'short'), sample(200, 201, 'long'), sample(800, 801, 'long')]
  const record = blockRecord({ fromMs: 0, toMs: 1000, lostMs: 0, ranMs: 1000, samples }, bounds)
  assert.equal(record.function, 'long')
  assert.equal(record.kind, 'javascript')
  assert.equal(record.startedMs, 999_000)
  assert.deepEqual(
    record.stacks.map(({ ms }) => ms),
    [101, 899],
  )
})

test('an answer that came late is native, unless there was no CPU for it', () => {
  const late = (lostMs: number) =>
    blockRecord(
      { fromMs: 0, toMs: 600, lostMs, ranMs: 0, samples: [sample(100, 590, 'caller', lostMs)] },
      bounds,
    )
  assert.equal(late(0).kind, 'native')
  assert.equal(late(0).function, 'caller')
  assert.equal(late(480).kind, 'starved')
  assert.equal(late(300).stacks[0]?.native, true)
  assert.equal(late(480).stacks[0]?.native, false)
})

test('time in which the main thread ran was not lost', () => {
  const record = blockRecord(
    { fromMs: 0, toMs: 600, lostMs: 500, ranMs: 300, samples: [sample(100, 101, 'loop')] },
    bounds,
  )
  assert.equal(record.kind, 'javascript')
  assert.equal(record.lostMs, 300)
})

test('a block of which nothing was seen is native: JavaScript would have answered', () => {
  const record = blockRecord({ fromMs: 0, toMs: 300, lostMs: 0, ranMs: 300, samples: [] }, bounds)
  assert.deepEqual([record.kind, record.function, record.stacks], ['native', null, []])
})

test('the ring keeps the last blocks, by count and by bytes', () => {
  const one = (startedMs: number, name = 'f'): BlockRecord => ({
    ...blockRecord({ fromMs: 0, toMs: 300, lostMs: 0, ranMs: 300, samples: [] }, bounds),
    startedMs,
    function: name,
  })
  const started = (ring: ReturnType<typeof makeBlockRing>, since = 0) =>
    ring.since(since).map(({ startedMs }) => startedMs)
  const byCount = makeBlockRing({ maxRecords: 3, maxBytes: 1e6 })
  for (const at of [1000, 2000, 3000, 4000]) byCount.add(one(at))
  assert.deepEqual(started(byCount), [2000, 3000, 4000])
  assert.deepEqual(started(byCount, 3301), [4000])
  const byBytes = makeBlockRing({ maxRecords: 100, maxBytes: 3000 })
  for (const at of [1000, 2000, 3000]) byBytes.add(one(at, 'x'.repeat(1000)))
  assert.deepEqual(started(byBytes), [2000, 3000])
})
