import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { parseProfile } from '../../loadtest/profile/options.ts'

const root = resolve(import.meta.dirname, '../..')

function run(...args: string[]) {
  return spawnSync(process.execPath, ['loadtest/profile.ts', ...args], { cwd: root, encoding: 'utf8' })
}

test('a profile is of ten seconds as fast as 32 connections go, unless it is said otherwise', () => {
  const usual = parseProfile(['0x', '--scenario', 'sustained'])
  assert.ok(usual && typeof usual === 'object')
  assert.equal(usual.tool.name, '0x')
  assert.equal(usual.scenario.name, 'sustained')
  assert.deepEqual([usual.seconds, usual.connections, usual.rate], [10, 32, null])

  const args = ['doctor', '--scenario', 'soldout', '--seconds', '3', '--connections', '8', '--rate', '500']
  const given = parseProfile(args)
  assert.ok(given && typeof given === 'object')
  assert.deepEqual([given.seconds, given.connections, given.rate], [3, 8, 500])
})

test('what cannot be understood is refused before anything starts', () => {
  for (const args of [
    [],
    ['0x'],
    ['perf', '--scenario', 'sustained'],
    ['toString', '--scenario', 'sustained'],
    ['0x', 'flame', '--scenario', 'sustained'],
    ['0x', '--scenario', 'storm'],
    ['0x', '--scenario', 'sustained', '--seconds', '-5'],
    ['0x', '--scenario', 'sustained', '--seconds', '0'],
    ['0x', '--scenario', 'sustained', '--seconds', '1.5'],
    ['0x', '--scenario', 'sustained', '--seconds', 'NaN'],
    ['0x', '--scenario', 'sustained', '--connections', '0'],
    ['0x', '--scenario', 'sustained', '--rate', '1e9'],
    ['0x', '--scenario', 'sustained', '--faster'],
  ])
    assert.equal(parseProfile(args), null, args.join(' '))
})

test('the command prints how it is used and ends with 2', () => {
  const done = run('0x', '--scenario', 'sustained', '--seconds', '-1')
  assert.equal(done.status, 2, done.stderr)
  assert.match(done.stderr, /^usage: npm run profile/)
})

test('bubbleprof is refused with the reason and with what to use instead', () => {
  const done = run('bubbleprof', '--scenario', 'sustained')
  assert.equal(done.status, 2, done.stderr)
  assert.match(done.stderr, /^clinic bubbleprof .*: use doctor/)
  assert.doesNotMatch(done.stderr, /usage/)
})
