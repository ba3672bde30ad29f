/** A soak of seconds, on real stores with a real wrk and k6: everything is looked at, and the books are equal. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { findWrk } from '../../../../loadtest/bench/find-wrk.ts'
import type { BenchResult } from '../../../../loadtest/bench/result.ts'
import { toolsDir } from '../../../../loadtest/bench/stage.ts'
import { provideK6 } from '../../../../loadtest/run/provide-k6.ts'

const root = resolve(import.meta.dirname, '../../../..')
/** On a machine that others use, too. */
const TIMEOUT_MS = 500_000

test('after two loads no seat is held, the books are equal, and every memory was weighed', {
  timeout: TIMEOUT_MS,
}, async (t) => {
  if (findWrk(process.env) === null && process.env['CI'] !== 'true') return t.skip('wrk is not installed')
  const dir = mkdtempSync(join(tmpdir(), 'floodgate-soak-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const k6 = await provideK6({ toolsDir, logPath: join(dir, 'k6.log'), env: process.env, report: () => {} })
  if (k6.kind !== 'found') {
    assert.notEqual(process.env['CI'], 'true', `CI must have k6: ${k6.why}`)
    return t.skip(k6.why)
  }
  const args = ['loadtest/soak.ts', '--quick', '--rate', '100', '--duration', '3s', '--hold', '2s', '--json']
  const assumeYes = process.env['CI'] === 'true' ? ['--yes'] : []
  // What a machine that is busy otherwise does to its memory in seconds proves nothing: 1 is an answer, too.
  const done = await promisify(execFile)(process.execPath, [...args, ...assumeYes], {
    cwd: root,
  }).catch((error: { stdout: string; stderr: string }) => error)
  assert.ok(done.stdout.startsWith('{'), done.stderr)
  const { measured, audit } = JSON.parse(done.stdout) as BenchResult<'soak'>
  assert.equal(audit.bookingsInPostgres, audit.bookingsInKafka)
  assert.equal(measured.rounds.length, 2)
  const [one, two] = measured.rounds.map(({ reading }) => reading)
  assert.ok(one && two)
  for (const { redis, postgres, kafka, api, worker } of [one, two]) {
    assert.equal(redis.kinds['hold'], undefined, 'no hold is left')
    assert.equal(postgres.tables['outbox']?.rows, 0)
    // Each booking was reserved, and has ended.
    const bookings = postgres.tables['bookings']?.rows ?? 0
    assert.ok(bookings > 0 && (kafka.topics['booking-events']?.messages ?? 0) >= 2 * bookings)
    for (const { rssBytes, heapUsedBytes, externalBytes } of [api, worker]) {
      assert.ok(heapUsedBytes > 0 && externalBytes > 0 && rssBytes > heapUsedBytes)
    }
    assert.ok(redis.rssBytes > 0 && kafka.rssBytes > 0 && postgres.pssBytes > 0)
  }
  const keys = (reading: typeof one) => reading.redis.kinds['idem']?.keys ?? 0
  assert.ok(keys(two) > keys(one), 'the keys of the second load are counted')
  assert.ok((two.postgres.tables['bookings']?.rows ?? 0) >= keys(two), 'one booking a key')
})
