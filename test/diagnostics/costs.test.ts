/** Every answer says what it cost the processes that were asked for it. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type DiagnosticsOptions, startDiagnostics } from '../../src/diagnostics/index.ts'
import { ask } from './ask.ts'

const NAMES = ['stall-ms', 'cpu-ms', 'peak-bytes', 'duration-ms']

async function start(t: TestContext, options: Partial<DiagnosticsOptions> = {}): Promise<number> {
  const diagnostics = await startDiagnostics({ port: 0, ...options })
  t.after(() => diagnostics.stop())
  return diagnostics.port
}

async function costOf(port: number, path: string): Promise<{ status: number; costs: number[] }> {
  const { status, headers } = await ask(port, path)
  return { status, costs: NAMES.map((name) => Number(headers[`x-diagnostics-${name}`] ?? Number.NaN)) }
}

/** Keeps the main thread until it has used so much CPU. */
function burn(ms: number): void {
  const before = process.threadCpuUsage()
  for (;;) {
    const { user, system } = process.threadCpuUsage(before)
    if (user + system >= ms * 1000) return
  }
}

test('pages, numbers and refusals say their cost, and those that ask no main thread that it is none', async (t) => {
  const port = await start(t)
  for (const [path, expected] of [
    ['/metrics', 200],
    ['/health', 200],
    ['/debug/vars', 200],
    ['/debug/resources', 200],
    ['/debug/pprof/cmdline', 200],
    ['/debug/live?since=0', 200],
    ['/debug/vars/more', 404],
    ['/debug/pprof/profile?seconds=0', 400],
  ] as const) {
    const { status, costs } = await costOf(port, path)
    assert.equal(status, expected, path)
    assert.ok(costs.every(Number.isFinite), `${path}: ${costs}`)
  }
  for (const path of ['/', '/ui', '/debug/pprof/', '/debug/pprof/symbol']) {
    const { costs } = await costOf(port, path)
    assert.deepEqual(costs.slice(0, 3), [0, 0, 0], path)
  }
})

test('what a section, a check or a metric burns is in the answer that asked for it', async (t) => {
  const port = await start(t, {
    sections: {
      slow: () => {
        burn(40)
        return {}
      },
    },
    checks: {
      slow: async () => {
        await new Promise(setImmediate)
        burn(60)
      },
    },
    metrics: () => {
      burn(80)
      return []
    },
  })
  for (const [path, leastMs] of [
    ['/debug/vars', 40],
    ['/health', 60],
    ['/metrics', 80],
  ] as const) {
    const [stallMs = 0, cpuMs = 0] = (await costOf(port, path)).costs
    assert.ok(cpuMs >= leastMs, `${path}: ${cpuMs} ms of CPU`)
    assert.ok(stallMs >= leastMs, `${path}: ${stallMs} ms of stall`)
  }
})
