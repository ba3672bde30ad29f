/** What docs/load-tests.md says of runs whose numbers are known. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { type KeptReport, type KeptRun, renderLoadTests } from '../../loadtest/gate/load-tests-page.ts'
import { profiles } from '../../loadtest/gate/profiles.ts'

const docs = resolve(import.meta.dirname, '../../docs')

const run: KeptRun = {
  scenario: 'stress_10k',
  shape: { rate: 10_000, seconds: 60 },
  processes: 1,
  startedAt: '2026-11-29T01:00:00.000Z',
  loadSeconds: 60,
  offered: 10_000,
  achieved: 3123.7,
  dropped: 408_657,
  latencyMs: { med: 376.21, 'p(95)': 814, 'p(99)': 1099, max: 1874 },
  answers: { 'reserve 201': 170_432, 'reserve 503': 19_030 },
  knee: null,
  acknowledged: {
    reserved: 170_432,
    confirmed: 0,
    cancelled: 0,
    unanswered: { reserve: 19_030, confirm: 0, cancel: 0 },
  },
  stored: { bookings: 174_234, confirmed: 0, cancelled: 0, seatsTaken: 174_234 },
  audit: 'green; the same set',
  cpuMicros: { api: 146.2, k6: 231 },
  peakWalEntries: 900,
  peakWalLagSeconds: 0.27,
  peakOutboxRows: 4000,
  peakRssMb: 470,
  queuePausedSeconds: 3,
  drainedAfterSeconds: 0.04,
  problems: ['http_req_duration: p(99)<100 does not hold'],
}
const calm: KeptRun = { ...run, scenario: 'smoke', shape: { seconds: 30 }, achieved: 1.24, problems: [] }

const report: KeptReport = {
  profile: 'full',
  date: '2026-11-29T01:00:00.000Z',
  machine: { cpu: 'a processor', cores: 2, memoryGb: 24, kernel: '6', loadBefore: 0 },
  versions: { node: '24', redis: '7', postgres: '15', kafka: '4', wrk: '4' },
  revision: 'abc',
  knee: 1481.2,
  runs: [calm, run],
  problems: ['stress_10k: http_req_duration: p(99)<100 does not hold'],
}

test('a run that failed stands on the page with its numbers and with what does not hold', () => {
  const page = renderLoadTests(report)
  assert.match(page, /2 runs, \*\*1 failed\*\*; the last knee that was found is 1481 /)
  assert.match(page, /^\| smoke +\| +passed \| +30 s \| +1\.2 \|/m)
  assert.match(page, /^\| stress_10k \| \*\*failed\*\* \| +10000\/s, 60 s \| +3124 \| +408657 \| +376\.2 \|/m)
  assert.match(page, /^- answers: reserve 201 170432, reserve 503 19030$/m)
  assert.match(page, /^- books: reserved: 170432 acknowledged, 19030 unanswered, 174234 stored$/m)
  assert.match(page, /^- queues let nobody in for 3 s/m)
  assert.match(page, /^- \*\*http_req_duration: p\(99\)<100 does not hold\*\*$/m)
})

test('the page in docs/ is that of the last whole run, and every scenario of the profile is on it', () => {
  const kept = JSON.parse(readFileSync(join(docs, 'benchmarks/load-tests.json'), 'utf8')) as KeptReport
  assert.equal(renderLoadTests(kept), readFileSync(join(docs, 'load-tests.md'), 'utf8'))
  const ran = new Set(kept.runs.map(({ scenario }) => scenario))
  assert.deepEqual(
    profiles.full.map(({ scenario }) => scenario).filter((scenario) => !ran.has(scenario)),
    [],
  )
})
