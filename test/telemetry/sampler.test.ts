import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeSample, type SamplerName, samplingRule } from '../../src/telemetry/tracing/sampler.ts'

const nothing = () => {}

function chosen(name: SamplerName, ratio: number, parentSampled: boolean | null): number {
  let drawn = 0
  const random = () => (drawn++ % 100) / 100
  const sample = makeSample(samplingRule(name, ratio, 1_000_000), nothing, { random })
  return Array.from({ length: 1000 }, () => sample(parentSampled)).filter(Boolean).length
}

test('every sampler of the standard chooses as its name says', () => {
  const table: [SamplerName, alone: number, afterYes: number, afterNo: number][] = [
    ['always_on', 1000, 1000, 1000],
    ['always_off', 0, 0, 0],
    ['traceidratio', 250, 250, 250],
    ['parentbased_always_on', 1000, 1000, 0],
    ['parentbased_always_off', 0, 1000, 0],
    ['parentbased_traceidratio', 250, 1000, 0],
  ]
  for (const [name, alone, afterYes, afterNo] of table) {
    assert.deepEqual(
      [chosen(name, 0.25, null), chosen(name, 0.25, true), chosen(name, 0.25, false)],
      [alone, afterYes, afterNo],
      name,
    )
  }
})

test('a ratio of 0 chooses none and of 1 all, whatever is drawn', () => {
  for (const drawn of [0, 0.5, 1 - Number.EPSILON]) {
    const options = { random: () => drawn }
    assert.equal(makeSample(samplingRule('traceidratio', 0, 10), nothing, options)(null), false)
    assert.equal(makeSample(samplingRule('traceidratio', 1, 10), nothing, options)(null), true)
  }
})

test('no more are chosen in a second than its budget, and the next second has one of its own', () => {
  let ms = 5000
  let refused = 0
  const sample = makeSample(samplingRule('always_on', 1, 3), () => refused++, { nowMs: () => ms })
  const taken = () => Array.from({ length: 10 }, () => sample(true)).filter(Boolean).length
  assert.equal(taken(), 3)
  ms = 5999
  assert.equal(taken(), 0)
  ms = 6000
  assert.equal(taken(), 3)
  assert.equal(refused, 24)
})
