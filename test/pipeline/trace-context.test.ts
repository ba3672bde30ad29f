import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  isSampled,
  traceContextOf,
  traceHeadersOf,
  traceIdOf,
  withoutSampling,
} from '../../src/pipeline/trace-context.ts'

const ID = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'

test('a trace context is taken as the standard says, and a broken one is none', () => {
  const good = `00-${ID}-${SPAN}-01`
  const cases: [unknown, string | null][] = [
    [good, good],
    [`00-${ID}-${SPAN}-00`, `00-${ID}-${SPAN}-00`],
    // A later version may say more behind it; what is known of it is kept.
    [`cc-${ID}-${SPAN}-01-what-the-future-holds`, good],
    [`cc-${ID}-${SPAN}-01`, good],
    [`00-${ID}-${SPAN}-01-more`, null],
    [`ff-${ID}-${SPAN}-01`, null],
    [`00-${'0'.repeat(32)}-${SPAN}-01`, null],
    [`00-${ID}-${'0'.repeat(16)}-01`, null],
    [good.toUpperCase(), null],
    [`${good} `, null],
    [`00-${ID}-${SPAN}-0g`, null],
    ['', null],
    ['kept', null],
    [undefined, null],
    [[good, good], null],
    [`cc-${ID}-${SPAN}-01-${'x'.repeat(10_000)}`, null],
  ]
  for (const [given, wanted] of cases) assert.equal(traceContextOf(given, undefined), wanted, String(given))
})

test('tracestate goes with its traceparent; one that is broken or too long does not break it', () => {
  const parent = `00-${ID}-${SPAN}-01`
  const both = traceContextOf(parent, ' vendor=abc,other=1 ')
  assert.equal(both, `${parent} vendor=abc,other=1`)
  assert.deepEqual(traceHeadersOf(both), { traceparent: parent, tracestate: 'vendor=abc,other=1' })
  assert.deepEqual(traceHeadersOf(parent), { traceparent: parent })
  assert.deepEqual(traceHeadersOf(null), {})
  for (const broken of ['', '   ', 'a=\u0000', 'a=é', 'x'.repeat(513), undefined, 3]) {
    assert.equal(traceContextOf(parent, broken), parent)
  }
  assert.equal(traceContextOf(undefined, 'vendor=abc'), null)
})

test('the sampled flag is the lowest bit of the flags, and is taken away alone', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 255 }), fc.boolean(), (flags, hasState) => {
      const context = `00-${ID}-${SPAN}-${flags.toString(16).padStart(2, '0')}${hasState ? ' a=1' : ''}`
      assert.equal(isSampled(context), flags % 2 === 1)
      const without = withoutSampling(context)
      assert.equal(isSampled(without), false)
      assert.equal(traceIdOf(without), ID)
      assert.equal(without.endsWith(' a=1'), hasState)
    }),
  )
  assert.equal(isSampled(null), false)
})
