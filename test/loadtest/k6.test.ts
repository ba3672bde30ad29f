import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { runK6 } from '../../loadtest/run/run-k6.ts'

const root = resolve(import.meta.dirname, '../..')

test('load of k6 for another machine is refused', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'floodgate-k6-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const run = runK6({
    k6: '/bin/false',
    scenario: 'dashboards',
    settings: { BASE_URL: 'http://example.com' },
    summaryPath: join(dir, 'k6.json'),
    logPath: join(dir, 'k6.log'),
    timeoutMs: 10_000,
  })
  await assert.rejects(run, /this machine only/)
})

test('a command of the dashboards that there is not prints how it is used and ends with 2', () => {
  for (const args of [[], ['draw'], ['check', '--fast'], ['generate', 'more']]) {
    const done = spawnSync(process.execPath, ['dashboards/dashboards.ts', ...args], {
      cwd: root,
      encoding: 'utf8',
      timeout: 60_000,
    })
    assert.equal(done.status, 2, done.stderr)
    assert.match(done.stderr, /^usage: npm run dashboards/)
  }
})
