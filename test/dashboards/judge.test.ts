import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Asker } from '../../dashboards/check/ask.ts'
import type { Expression } from '../../dashboards/check/expressions.ts'
import { makeJudge } from '../../dashboards/check/judge.ts'

const choice = { job: 'floodgate', target: 10, rangeSeconds: 60 }

/** A Prometheus that has data for these expressions, and says of one that it cannot be parsed. */
function judgeWith(...having: string[]) {
  const ask: Asker = {
    async seriesWithData(expression) {
      if (expression.includes('?')) throw new Error('parse error: unexpected character: ?')
      return having.includes(expression) ? 1 : 0
    },
    exemplarsWithTrace: async () => 0,
    failedRules: async () => [],
    targets: async () => ({ up: 1, down: [] }),
  }
  const judge = makeJudge(ask, choice, { from: 0, to: 60 })
  return (text: string, kind: Expression['kind'] = 'panel') =>
    judge({ file: 'a.json', place: 'A', kind, text, exemplars: false })
}

test('a panel needs data, and so does every series in it, also one behind an or', async () => {
  const judge = judgeWith('sum(a)', 'a', 'sum(a) or vector(0)', 'sum(wrong) or sum(a)')
  assert.deepEqual(await judge('sum(a)'), { kind: 'sound' })
  assert.deepEqual(await judge('sum(b)'), { kind: 'broken', text: 'sum(b)', why: 'no data' })
  assert.deepEqual(await judge('sum(wrong) or sum(a)'), {
    kind: 'broken',
    text: 'wrong',
    why: 'no such series',
  })
})

test('an alert that does not fire is sound when what it compares has data', async () => {
  const judge = judgeWith('sum(a)', 'a', 'b{x="1"}')
  assert.deepEqual(await judge('sum(a) > 5 and b{x="1"} == 0', 'alert'), { kind: 'sound' })
  assert.deepEqual(await judge('sum(a) > 5', 'recording'), {
    kind: 'broken',
    text: 'sum(a) > 5',
    why: 'no data',
  })
  const broken = await judge('sum(a) > 5 and b{x="2"} == 0', 'alert')
  assert.deepEqual(broken, { kind: 'broken', text: 'b{x="2"}', why: 'no data' })
})

test('what does not parse is broken in the words of Prometheus', async () => {
  const broken = await judgeWith('a')('a ? 1')
  assert.deepEqual(broken, { kind: 'broken', text: 'a ? 1', why: 'parse error: unexpected character: ?' })
})

test('faults may be missing in a healthy service, but not the series that they are chosen from', async () => {
  const faults = 'c{route="r",status=~"5..",status!="503"}'
  const all = 'c{route="r"}'
  const text = `${faults} or 0 * ${all}`
  assert.deepEqual(await judgeWith(text, all)(text), { kind: 'sound' })
  assert.equal((await judgeWith(text)(text)).kind, 'broken')
})

test('variables of the dashboard are filled in; one that is unknown is broken', async () => {
  const judge = judgeWith(
    'rate(a{job=~"floodgate",instance=~".*"}[10s])',
    'a{job=~"floodgate",instance=~".*"}',
  )
  const text = 'rate(a{job=~"$job",instance=~"$instance"}[$__rate_interval])'
  assert.deepEqual(await judge(text), { kind: 'sound' })
  const unknown = await judge('a > $limit')
  assert.deepEqual(unknown, { kind: 'broken', text: 'a > $limit', why: 'no value for $limit' })
})
