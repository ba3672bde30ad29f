/** The gate proves itself: what must fail it does, for the right reason. Real stores, a real k6. */
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { openStage, type Stage, toolsDir } from '../../../loadtest/bench/stage.ts'
import { renderPage } from '../../../loadtest/gate/page.ts'
import type { Step } from '../../../loadtest/gate/profiles.ts'
import { type GateOptions, runGate } from '../../../loadtest/gate/run-gate.ts'
import { type K6, provideK6 } from '../../../loadtest/run/provide-k6.ts'
import { inventoryKey } from '../../../src/redis/keys.ts'

const slowReserve = resolve(import.meta.dirname, '../faults/slow-reserve.mjs')
const sustained: Step = { scenario: 'sustained', shape: { rate: 50, seconds: 4, users: 20, warmSeconds: 0 } }
const herd: Step = { scenario: 'herd', shape: { people: 200 } }

const dir = mkdtempSync(join(tmpdir(), 'floodgate-gate-'))
let k6: K6
let stage: Stage | undefined

before(async () => {
  k6 = await provideK6({
    toolsDir,
    logPath: join(dir, 'k6-build.log'),
    env: process.env,
    report: console.error,
  })
  if (k6.kind === 'found')
    stage = await openStage({ kafka: true, assumeYes: process.env['CI'] === 'true', report: () => {} })
})

after(async () => {
  await stage?.close()
  rmSync(dir, { recursive: true, force: true })
})

/** Where everything is brought along, a test without k6 would prove nothing. */
function missing(t: TestContext): void {
  assert.ok(process.env['CI'] !== 'true', k6.kind === 'found' ? '' : k6.why)
  t.skip('k6 is not installed')
}

async function gate(name: string, step: Step, more: Partial<GateOptions> = {}) {
  assert.ok(k6.kind === 'found' && stage)
  const options = { stage, k6: k6.path, profile: 'test', steps: [step], dir: join(dir, name), baseline: null }
  const signal = new AbortController().signal
  return runGate({ ...options, processes: 1, say: () => {}, signal, ...more })
}

test('a sound service passes, with its books equal in k6, both stores and Kafka', async (t) => {
  if (k6.kind !== 'found') return missing(t)
  const report = await gate('sound', herd)
  assert.deepEqual(report.problems, [])
  const [run] = report.runs
  assert.equal(run?.acknowledged.reserved, 100)
  assert.equal(run?.stored.bookings, 100)
  assert.match(
    run?.audit ?? '',
    /^green; Kafka: \d+ events of \d+ bookings in \d+ messages; .* the same events$/,
  )
})

test('a route that waits 50 ms fails the latency objective, and the run carries its evidence', async (t) => {
  if (k6.kind !== 'found') return missing(t)
  const report = await gate('slow', sustained, { settings: { NODE_OPTIONS: `--import=${slowReserve}` } })
  assert.match(report.problems.join('\n'), /http_req_duration\{name:reserve\}: p\(95\)<50 does not hold/)
  const { evidence } = report.runs[0] ?? {}
  assert.ok(evidence && existsSync(evidence.flight), 'the flight record is there')
  assert.ok(evidence.profile !== null && existsSync(evidence.profile), 'and the profile of the worst window')
  const page = renderPage(report, dir)
  assert.match(page, /Gate <b>test<\/b> failed/)
  assert.match(page, /p\(95\)&lt;50 does not hold/)
})

test('a store that sells more seats than there are fails it: so many were sold', async (t) => {
  if (k6.kind !== 'found') return missing(t)
  const report = await gate('oversold', herd, { spoil: { beforeLoad: moveSeats(+5) } })
  assert.match(report.problems.join('\n'), /105 seats were sold of 100/)
  assert.match(report.problems.join('\n'), /audit: .*"kind":"live_sum"/)
})

test('a seat that is lost fails it: the zone does not add up', async (t) => {
  if (k6.kind !== 'found') return missing(t)
  const report = await gate('leaked', sustained, { spoil: { beforeAudit: moveSeats(-1) } })
  assert.match(report.problems.join('\n'), /audit: .*"kind":"live_sum".*"drift":-1\b/)
})

/** Seats that nobody gave back, or that nobody sold. */
function moveSeats(by: number) {
  return async ({ eventId, zoneIds }: { eventId: string; zoneIds: readonly string[] }) => {
    await stage?.tools.redis.run((connection) =>
      connection.hincrby(inventoryKey(eventId), `a:${zoneIds[0]}`, by),
    )
  }
}
