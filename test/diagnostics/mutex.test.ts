import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '../../src/diagnostics/limits.ts'
import { waited, waitSums } from '../../src/diagnostics/waits.ts'
import { askApp, startBlocking } from './blocks.ts'
import { has, temporaryDir } from './programs.ts'
import { goPprof, type RunningApp } from './running-app.ts'

async function text({ url }: RunningApp, query: string): Promise<string> {
  const response = await fetch(`${url}/debug/pprof/mutex${query}`)
  assert.equal(response.status, 200)
  return response.text()
}

test('waits are summed by name, those that were measured here and those that were told', async (t) => {
  const app = await startBlocking(t, 'single')
  for (let index = 0; index < 3; index++) await askApp(app, '/wait?forMs=20')
  const sums = await text(app, '?debug=1')
  assert.match(sums, /^pool: 3 waits, \d+\.\d ms together/m)
  assert.match(sums, /^lock: 3 waits, 60\.0 ms together, 20\.0 ms at most$/m)
  assert.doesNotMatch(sums, /^ {4}at /m)
})

test('while a capture watches, waits come with the stack of who waited, and only those', async (t) => {
  const app = await startBlocking(t, 'single')
  await askApp(app, '/wait?forMs=20')
  const watched = text(app, '?seconds=2&debug=1')
  for (let index = 0; index < 10; index++) await askApp(app, '/wait?forMs=100')
  const seen = await watched
  const [, count] = /^pool: (\d+) waits, .*\n {4}at .*blocking-app\.ts:\d+\)/m.exec(seen) ?? []
  // The first of them may have begun before the capture did; the one before all of them is none of them.
  assert.ok(Number(count) > 0 && Number(count) <= 10, seen)
})

test('go tool pprof reads the waits', async (t) => {
  if (!has(t, 'go')) return
  const app = await startBlocking(t, 'single')
  await askApp(app, '/wait?forMs=300')
  const address = `http://localhost:${app.diagnosticsPort}/debug/pprof/mutex`
  const top = await goPprof(temporaryDir(t), '-top', address)
  assert.match(top, /^Type: delay$/m)
  assert.match(top, /wait: pool$/m)
  assert.match(top, /wait: lock$/m)
})

test('names have a bound: what is beyond is summed as others', () => {
  for (let index = 0; index < limits.waitNamesMax + 50; index++) waited(`name ${index}`, 1)
  waited('negative', -1)
  waited('none', Number.NaN)
  const sums = waitSums()
  assert.ok(sums.length <= limits.waitNamesMax + 1)
  assert.equal(sums.find(({ name }) => name === '(others)')?.count, 50)
  assert.ok(!sums.some(({ name }) => name === 'negative' || name === 'none'))
})
