import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { parseDrill } from '../../loadtest/drills/command.ts'
import { type LoadtestOptions, parseLoadtest } from '../../loadtest/run/options.ts'

const root = resolve(import.meta.dirname, '../..')

test('a scenario has the rates and times of its own, and those that are given', () => {
  const parsed = (...args: string[]) => parseLoadtest(args) as LoadtestOptions
  assert.deepEqual(parsed('stress_10k').shape, { rate: 10_000, seconds: 300, warmSeconds: 10 })
  const given = parsed(...'sustained --rate 200 --duration 2m --users 30 --processes 2'.split(' '))
  assert.deepEqual(given.shape, { rate: 200, seconds: 120, users: 30, warmSeconds: 10 })
  assert.equal(given.processes, 2)
})

test('what cannot be understood is refused before anything starts, and it is said what', () => {
  for (const [typed, why] of [
    ['', /one scenario must be named/],
    ['storm', /one scenario must be named/],
    ['smoke ramp', /one scenario must be named/],
    ['sustained --rate 0', /--rate is a whole number from 1 to 100000/],
    ['sustained --rate -5', /--rate/],
    ['sustained --rate 1e9', /--rate is a whole number/],
    ['sustained --rate NaN', /--rate is a whole number/],
    ['sustained --duration 5h', /--duration is as 30s or 5m/],
    ['sustained --duration 120m', /3600 s at most/],
    ['smoke --rate 5', /smoke takes no --rate/],
    ['smoke --users 5', /smoke takes no --users/],
    ['smoke --people 5', /smoke takes no --people/],
    ['herd --duration 5m', /herd takes no --duration/],
    ['herd --people 50', /--people of herd is from 100 to 5000/],
    ['dirty --duration 5s', /dirty takes no --duration/],
    ['queue --people 10001', /--people is a whole number from 1 to 10000/],
    ['queue --people 100', /--people of queue is from 2000 to 10000/],
    ['spike --rate 4', /--rate of spike is from 100/],
    ['journey --rate 600', /--rate of journey is from 1 to 300/],
    ['smoke --processes 0', /--processes is a whole number/],
    ['smoke --faster', /--faster/],
  ] as const) {
    const parsed = parseLoadtest(typed.split(' ').filter(Boolean))
    assert.match('problem' in parsed ? parsed.problem : 'it was understood', why, typed)
  }
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
