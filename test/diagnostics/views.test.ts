/** The pure parts of the page: what a profile is as a tree, as functions, and compared with another; and the numbers of the live page. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { frameOf } from '../../src/diagnostics/server/live/frame.ts'
import { quantileOf } from '../../src/diagnostics/server/live/quantile.ts'
import type { Seen } from '../../src/diagnostics/server/live/readings.ts'
import { temporaryDir } from './programs.ts'

const ui = '../../src/diagnostics/server/ui'
const { boxesOf, treeOf } = await import(`${ui}/flame-tree.js`)
const { functionsOf, isDifference, routesOf, sideOf, withoutIdle } = await import(`${ui}/functions.js`)
const { changeClass, diffFunctions, diffTree } = await import(`${ui}/diff.js`)
const { fileInTar, gunzipped } = await import(`${ui}/tar.js`)
const { inWords } = await import(`${ui}/units.js`)

const NAMES = ['main', 'price', 'fees', '(idle)'] as const

/** Stacks by name, with their values. */
function profile(...stacks: [names: (typeof NAMES)[number][], value: number, route?: string][]) {
  return {
    type: 'cpu',
    unit: 'nanoseconds',
    frames: NAMES.map((name, line) => ({ name, file: name === '(idle)' ? '' : '/app/a.ts', line })),
    stacks: stacks.map(([names, value, route = '']) => ({
      frames: names.map((name) => NAMES.indexOf(name)),
      value,
      route,
      worker: '0',
    })),
  }
}

interface Changed {
  name: string
  change: number
}

test('own time is the leaf’s, and a function that calls itself counts once in its total', () => {
  const { functions, sum } = functionsOf(profile([['main', 'price', 'price'], 6], [['main', 'fees'], 4]))
  assert.equal(sum, 10)
  const of = (name: string) => functions.find((one: { name: string }) => one.name === name)
  assert.deepEqual([of('price').self, of('price').total], [6, 6])
  assert.deepEqual([of('main').self, of('main').total], [0, 10])
  assert.equal(functions[0].name, 'price')
})

test('a tree’s values add up, one route of it can be looked at alone, and idle time can be left out', () => {
  const whole = profile([['main', 'price'], 6, '/a'], [['main', 'fees'], 3, '/b'], [['(idle)'], 90])
  assert.equal(treeOf(whole).value, 99)
  assert.equal(treeOf(whole, { route: '/b' }).value, 3)
  assert.equal(treeOf(withoutIdle(whole)).value, 9)
  assert.deepEqual(routesOf(whole)[1], ['/a', 6])
  const boxes = boxesOf([treeOf(whole)])
  for (const depth of [0, 1, 2]) {
    const row = boxes.filter((box: { depth: number }) => box.depth === depth)
    assert.ok(row.reduce((sum: number, { width }: { width: number }) => sum + width, 0) <= 1 + 1e-9)
  }
})

test('of a difference what came and what is gone are looked at apart, and nothing is below zero', () => {
  const difference = profile([['main', 'price'], 6], [['main', 'fees'], -4])
  assert.ok(isDifference(difference) && !isDifference(profile([['main'], 1])))
  assert.equal(treeOf(sideOf(difference, 'came')).value, 6)
  const gone = sideOf(difference, 'gone')
  assert.equal(treeOf(gone).value, 4)
  assert.equal(functionsOf(gone).functions[0].name, 'fees')
  assert.ok(boxesOf([treeOf(gone)]).every(({ width }: { width: number }) => width >= 0 && width <= 1))
})

test('boxes that are too narrow to see are left out, and there is a bound on how many there are', () => {
  const narrow = profile([['main', 'price'], 100_000], [['main', 'fees'], 1])
  const names = boxesOf([treeOf(narrow)]).map((box: { node: { name: string } }) => box.node.name)
  assert.deepEqual(names, ['all', 'main', 'price'])
  assert.equal(boxesOf([treeOf(narrow)], { most: 2 }).length, 2)
})

test('a comparison puts the function first whose share changed most, whatever the lengths of the captures', () => {
  const before = profile([['main', 'price'], 80], [['main', 'fees'], 20])
  const after = profile([['main', 'price'], 400], [['main', 'fees'], 600])
  const [first, second] = diffFunctions(before, after) as [Changed, Changed]
  assert.deepEqual([first.name, second.name].sort(), ['fees', 'price'])
  const fees = [first, second].find(({ name }) => name === 'fees')
  assert.ok(Math.abs((fees?.change ?? 0) - 0.4) < 1e-9)

  const same = diffFunctions(before, profile([['main', 'price'], 8], [['main', 'fees'], 2])) as Changed[]
  assert.ok(same.every(({ change }) => Math.abs(change) < 1e-9))
})

test('the tree of a comparison keeps what has gone, and colours what grew and what shrank', () => {
  const tree = diffTree(profile([['main', 'price'], 10]), profile([['main', 'fees'], 30]))
  const [main] = [...tree.byKey.values()]
  const of = (name: string) => [...main.byKey.values()].find((node) => node.name === name)
  assert.deepEqual([of('price').before, of('price').after], [1, 0])
  assert.equal(changeClass(of('price')), 'less-3')
  assert.equal(changeClass(of('fees')), 'more-3')
  assert.equal(changeClass(main), 'same')
  assert.ok(tree.value >= main.value)
})

test('numbers are said with three figures and a unit', () => {
  assert.deepEqual(
    [
      inWords(0.00012, 's'),
      inWords(0.0123, 's'),
      inWords(2.5, 's'),
      inWords(1536, 'B'),
      inWords(0.5, 'ratio'),
      inWords(1234, '/s'),
      inWords(null, 's'),
      inWords(2_500_000, 'nanoseconds'),
    ],
    ['120 µs', '12.3 ms', '2.50 s', '1.50 KiB', '50 %', '1,234/s', '–', '2.50 ms'],
  )
})

test('quantiles lie within their bucket; above the highest bound only that is known; of nothing there are none', () => {
  const buckets = [
    { le: 0.1, count: 50 },
    { le: 0.2, count: 100 },
    { le: Number.POSITIVE_INFINITY, count: 100 },
  ]
  assert.equal(quantileOf(buckets, 0.5), 0.1)
  assert.ok(Math.abs((quantileOf(buckets, 0.75) ?? 0) - 0.15) < 1e-9)
  assert.equal(quantileOf([...buckets.slice(0, 2), { le: Number.POSITIVE_INFINITY, count: 300 }], 0.99), 0.2)
  assert.equal(quantileOf([], 0.5), null)
})

test('rates are per second between two readings, by process, and a counter that began anew is none', () => {
  const families = (count: number, total: number) => [
    {
      name: 'http_request_duration_seconds',
      help: '',
      type: 'histogram' as const,
      merge: 'sum' as const,
      samples: [
        { suffix: '_bucket' as const, labels: { route: '/a', status: '500', le: '0.1' }, value: count },
        { suffix: '_bucket' as const, labels: { route: '/a', status: '500', le: '+Inf' }, value: count },
        { suffix: '_count' as const, labels: { route: '/a', status: '500' }, value: count },
      ],
    },
    {
      name: 'queue_joins_total',
      help: '',
      type: 'counter' as const,
      merge: 'sum' as const,
      samples: [{ suffix: '' as const, labels: {}, value: total }],
    },
  ]
  const figures = {
    pid: 1,
    atMs: 1,
    uptimeSeconds: 1,
    cpuSeconds: 1,
    activeMs: 1,
    idleMs: 1,
    delayMs: { p50: 0, p99: 0, max: 0 },
    gc: { count: 0, majorCount: 0, seconds: 0 },
    rssBytes: 1,
    heapUsedBytes: 1,
    heapLimitBytes: 1,
    externalBytes: 1,
    costMs: 0,
  }
  const reading = (count: number, total: number) => ({
    families: families(count, total),
    gauges: [['lanes', 2]] as [string, number][],
    inFlight: [{ kind: 'request', name: 'GET /a', count: 2, oldestMs: count }],
    process: figures,
  })
  const seen = (worker: number): Seen => ({
    worker,
    reading: reading(30, 5),
    atMs: 2000,
    before: { reading: reading(10, 50), atMs: 0 },
  })
  const frame = frameOf({ seen: [seen(1), seen(2)], silent: [] }, [{ title: 'Lanes', families: ['lanes'] }])
  assert.equal(frame?.values['http.rate'], 20)
  assert.equal(frame?.values['http.errors'], 20)
  assert.equal(frame?.values['f:queue_joins_total{}'], 0)
  assert.equal(frame?.values['g:lanes'], 4)
  assert.deepEqual(
    frame?.routes.map(({ route, rate }) => [route, rate]),
    [['/a', 20]],
  )
  assert.deepEqual(frame?.inFlight, [{ kind: 'request', name: 'GET /a', count: 4, oldestMs: 30 }])
  assert.deepEqual(
    frame?.charts.filter(({ group }) => group !== 'Service').map(({ group, title }) => [group, title]),
    [
      ['Application', 'Lanes'],
      ['Queues', 'queue joins'],
    ],
  )
  const silent = [{ worker: 1, ageSeconds: 3 }]
  assert.equal(frameOf({ seen: [seen(1)], silent }, []), null, 'nothing is made up while nobody answers')
})

test('a file is read out of an archive that tar made; one that is not there, or cut off, is none', async (t) => {
  const dir = temporaryDir(t)
  mkdirSync(join(dir, 'in'))
  writeFileSync(join(dir, 'in/manifest.json'), 'x'.repeat(700))
  writeFileSync(join(dir, 'in/profile.pb.gz'), 'a profile')
  const files = ['manifest.json', 'profile.pb.gz']
  execFileSync('tar', ['--format=ustar', '-czf', join(dir, 'a.tar.gz'), '-C', join(dir, 'in'), ...files])
  const tar = await gunzipped(readFileSync(join(dir, 'a.tar.gz')))
  assert.equal(new TextDecoder().decode(fileInTar(tar, 'profile.pb.gz')), 'a profile')
  assert.equal(fileInTar(tar, 'nothing'), null)
  assert.equal(fileInTar(tar.subarray(0, 600), 'manifest.json'), null)
  assert.equal(fileInTar(new Uint8Array(2048).fill(65), 'manifest.json'), null)
})
