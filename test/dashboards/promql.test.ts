import assert from 'node:assert/strict'
import { test } from 'node:test'
import { metricsOf, partsOf, selectorsOf } from '../../dashboards/check/promql.ts'

test('series are seen wherever they stand, and nothing else is taken for one', () => {
  const expression = `histogram_quantile(0.99, sum by (le, route) (rate(a_bucket{job=~"x{y}",le!=''}[5m])))
    / on (job) group_left (zone) max without (instance) (b:c:rate1m offset 1h) > bool 1e-3 and topk(3, d[1h:15s])`
  assert.deepEqual(selectorsOf(expression), [`a_bucket{job=~"x{y}",le!=''}`, 'b:c:rate1m', 'd'])
  assert.deepEqual(metricsOf('up == 0 or up{job="x"} > 1h30m'), ['up'])
  assert.deepEqual(metricsOf('time() - 60'), [])
})

test('a condition is taken apart at its comparisons and set operators, its limits left out', () => {
  assert.deepEqual(partsOf('up{job="floodgate"} == 0'), ['up{job="floodgate"}'])
  assert.deepEqual(partsOf('(a > 14.4 * 0.001 and b > 1) or (c > 6 * 0.001)'), ['a', 'b', 'c'])
  assert.deepEqual(partsOf('max by (e) (a) > 0 and on (job) sum(rate(b[2m])) == 0'), [
    'max by (e) (a)',
    'sum(rate(b[2m]))',
  ])
  assert.deepEqual(partsOf('a / b > max(c) unless ignoring (x) d < bool 2'), ['a / b', 'max(c)', 'd'])
})

test('what absent looks for has to be there when all is well', () => {
  assert.deepEqual(partsOf('absent(up{job="x"})'), ['up{job="x"}'])
  assert.deepEqual(partsOf('absent_over_time(up[5m]) or a > 1'), ['up[5m]', 'a'])
})

test('a comparison inside of a function is not taken apart: it has to have a value as it is', () => {
  assert.deepEqual(partsOf('sum(a > 5) > 2'), ['sum(a > 5)'])
})

test('what is no PromQL is refused', () => {
  assert.throws(() => selectorsOf('sum(a'), /not closed|PromQL/)
  assert.throws(() => selectorsOf('a ? b'), /no PromQL at 2/)
})
