/** Profilers run for real, and their reports show the service's own code. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { openStage, type Stage } from '../../../loadtest/bench/stage.ts'
import { parseProfile } from '../../../loadtest/profile/options.ts'
import { runProfile } from '../../../loadtest/profile/run-profile.ts'

const root = resolve(import.meta.dirname, '../../..')
const assumeYes = process.env['CI'] === 'true'
const temporary = mkdtempSync(join(tmpdir(), 'floodgate-profile-'))
let stage: Stage | undefined

after(async () => {
  await stage?.close()
  rmSync(temporary, { recursive: true, force: true })
})

/** @returns the one report, as text */
async function profile(tool: string, scenario: string, ...more: string[]): Promise<string> {
  const options = parseProfile([tool, '--scenario', scenario, '--seconds', '2', ...more])
  assert.ok(options && typeof options === 'object')
  // Not before the command has ended its own.
  stage ??= await openStage({ kafka: true, assumeYes, report: () => {} })
  const dir = join(temporary, tool)
  const signal = new AbortController().signal
  const { reports, perSecond, cpuMicros } = await runProfile({
    ...options,
    stage,
    dir,
    say: () => {},
    signal,
  })
  assert.ok(perSecond > 0 && cpuMicros > 0)
  const [report] = reports
  assert.ok(report !== undefined && reports.length === 1)
  return readFileSync(report, 'utf8')
}

test('npm run profile -- 0x prints the path of a flame graph of the main thread, with the way of a reservation in it', async (t) => {
  const args = ['loadtest/profile.ts', '0x', '--scenario', 'sustained', '--seconds', '2']
  const child = spawn(process.execPath, [...args, ...(assumeYes ? ['--yes'] : [])], { cwd: root })
  const exited = new Promise<number | null>((done) => child.once('close', done))
  const [printed, said, code] = await Promise.all([text(child.stdout), text(child.stderr), exited])
  assert.equal(code, 0, said)
  const path = printed.trim()
  t.after(() => rmSync(dirname(path), { recursive: true }))
  assert.match(path, /\.data\/profiles\/\d{8}T\d{6}Z-0x-sustained\/flamegraph\.html$/)
  assert.ok(existsSync(path))
  const report = readFileSync(path, 'utf8')
  assert.match(report, /src\/http\/auth\.ts/)
  assert.match(report, /src\/booking\/reserve\.ts/)
  assert.match(said, /\d+ answers a second under 0x/)
})

test("Clinic's flame graph shows the functions of the service as the application's", async () => {
  const report = await profile('flame', 'soldout')
  assert.match(report, /src\/booking\/reserve\.ts[^{}]*"type":"floodgate","category":"app"/)
})

test("Clinic's heap profiler shows who allocates in the service, at a steady rate", async () => {
  const report = await profile('heapprofiler', 'sustained', '--rate', '200')
  assert.match(report, /src\/http\/routes\/reserve\.ts/)
})
