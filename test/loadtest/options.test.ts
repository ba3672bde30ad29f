import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { parseDrill } from '../../loadtest/drills/command.ts'
import { parseLoadtest } from '../../loadtest/run/options.ts'

const root = resolve(import.meta.dirname, '../..')

test('a scenario has the rates and times of its own, and those that are given', () => {
  assert.deepEqual(parseLoadtest(['stress_10k'])?.shape, { rate: 10_000, seconds: 300, warmSeconds: 10 })
  const given = parseLoadtest([
    'sustained',
    '--rate',
    '200',
    '--duration',
    '2m',
    '--users',
    '30',
    '--processes',
    '2',
  ])
  assert.deepEqual(given?.shape, { rate: 200, seconds: 120, users: 30, warmSeconds: 10 })
  assert.equal(given?.processes, 2)
})

test('what cannot be understood is refused before anything starts', () => {
  for (const args of [
    [],
    ['storm'],
    ['smoke', 'ramp'],
    ['sustained', '--rate', '0'],
    ['sustained', '--rate', '-5'],
    ['sustained', '--rate', '1e9'],
    ['sustained', '--rate', 'NaN'],
    ['sustained', '--duration', '5h'],
    ['sustained', '--duration', '2h'],
    ['smoke', '--rate', '5'],
    ['smoke', '--people', '5'],
    ['queue', '--people', '10001'],
    ['smoke', '--processes', '0'],
    ['smoke', '--faster'],
  ])
    assert.equal(parseLoadtest(args), null, args.join(' '))
})

test('a drill is chosen by its name or its kind; without a name all are', () => {
  const chosen = (...args: string[]) => parseDrill(args)?.chosen.map(({ name }) => name)
  assert.deepEqual(chosen('redis-kill', 'leak'), ['redis-kill', 'leak'])
  const [faults = [], diagnoses = []] = [chosen('faults'), chosen('diagnoses')]
  assert.ok(faults.includes('disk-full') && diagnoses.includes('gc-thrash'))
  assert.deepEqual(chosen(), [...faults, ...diagnoses])
})

test('the commands print how they are used and end with 2', () => {
  for (const [script, ...args] of [
    ['loadtest', 'storm'],
    ['drill', 'earthquake'],
    ['drill', '--fast'],
    ['gate', '--profile', 'none'],
    ['gate', '--quick', '--record'],
    ['gate', '--processes', '99'],
  ]) {
    const done = spawnSync(process.execPath, [`loadtest/${script}.ts`, ...args], {
      cwd: root,
      encoding: 'utf8',
    })
    assert.equal(done.status, 2, done.stderr)
    assert.match(done.stderr, new RegExp(`^usage: npm run ${script}`))
  }
})
