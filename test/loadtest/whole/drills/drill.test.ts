/** A drill is carried out as `npm run drill` does, with fewer people: a sale whose Redis is killed under it. Real stores, a real k6. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openStage, toolsDir } from '../../../../loadtest/bench/stage.ts'
import { faultDrills } from '../../../../loadtest/drills/fault-drills.ts'
import { provideK6 } from '../../../../loadtest/run/provide-k6.ts'

/** On a machine that others use, too. */
const TIMEOUT_MS = 500_000
/** Few enough that a slow machine has nothing to refuse but what the fault makes it refuse. */
const PEOPLE_A_SECOND = 20

test('Redis is killed under a sale: nothing is lost beyond its last seconds, and all books are equal', {
  timeout: TIMEOUT_MS,
}, async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'floodgate-drill-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const k6 = await provideK6({ toolsDir, logPath: join(dir, 'k6.log'), env: process.env, report: () => {} })
  if (k6.kind !== 'found') {
    assert.notEqual(process.env['CI'], 'true', `CI must have k6: ${k6.why}`)
    return t.skip(k6.why)
  }
  const stage = await openStage({ kafka: true, assumeYes: process.env['CI'] === 'true', report: () => {} })
  t.after(() => stage.close())
  const drill = faultDrills.find(({ name }) => name === 'redis-kill')
  assert.ok(drill)
  const { problems, facts } = await drill.run({
    stage,
    k6: k6.path,
    dir,
    rate: PEOPLE_A_SECOND,
    signal: t.signal,
    say: () => {},
  })
  assert.deepEqual(problems, [], JSON.stringify(facts))
  assert.match(String(facts['audit']), /^green; .*the same events$/)
  assert.match(String(facts['ready again after']), /^[\d.]+ s$/)
})
