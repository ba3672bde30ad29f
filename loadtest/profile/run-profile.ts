import { globSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { cpuSeconds } from '../bench/process-usage.ts'
import { startService } from '../bench/service-process.ts'
import type { Stage } from '../bench/stage.ts'
import { runWrk } from '../bench/wrk.ts'
import type { ProfileOptions } from './options.ts'
import { startProfiled } from './profiled-service.ts'

const PATH = '/api/v1/bookings/reserve'
/** Requests that may be answered otherwise than the scenario wants: with more, the profile is of something else. */
const MAX_OTHER = 0.5

export interface ProfileRun extends ProfileOptions {
  stage: Stage
  /** Where the reports go. */
  dir: string
  say: (line: string) => void
  signal: AbortSignal
}

export interface Profiled {
  /** Answers a second, with the profiler at work. */
  perSecond: number
  p99Ms: number
  /** CPU of the API for each of them: unlike the rate it hardly depends on what else the machine does. */
  cpuMicros: number
  /** What can be opened in a browser; none without a profiler. */
  reports: string[]
}

/** @throws when most of the load was not answered as it should be, or there is no report */
export async function runProfile(run: ProfileRun): Promise<Profiled> {
  const { stage, tool, scenario, seconds, connections, rate, dir, say, signal } = run
  const scriptArgs = await scenario.prepare(stage)
  // Each connection waits so long between requests that all together come to the rate.
  if (rate !== null) scriptArgs.push(`${(connections * 1000) / rate}`)
  await using running = new AsyncDisposableStack()
  running.adopt(await startService(stage, 'worker'), (worker) => worker.stop())
  if (tool.command) mkdirSync(dir, { recursive: true })
  const api = running.use(await startProfiled(stage, tool, dir))
  signal.throwIfAborted()

  say(`  ${scenario.summary}; ${connections} connections, ${seconds} s`)
  const url = api.url + PATH
  const cpuBefore = cpuSeconds(api.pid)
  const wrk = await runWrk({ script: 'reserve', scriptArgs, url, connections, seconds, signal })
  const cpu = cpuSeconds(api.pid) - cpuBefore
  const wrong = scenario.succeeds ? wrk.not_2xx : wrk.requests - wrk.not_2xx
  const other = wrong + wrk.socket_errors + wrk.timeouts
  const otherwise = `${other} of ${wrk.requests} requests were not answered as ${scenario.name} wants it`
  if (wrk.requests === 0 || other > wrk.requests * MAX_OTHER) throw new Error(otherwise)
  // A profiler slows the service down, and one that is late sheds load: that is part of what the profile shows.
  if (other > 0) say(`  ${otherwise}: shed, or too late; --rate or fewer --connections avoid it`)

  if (tool.command) say(`  the load has ended; ${tool.name} writes its report`)
  await api.finish()
  const reports = tool.command ? globSync('*.html', { cwd: dir }).map((name) => join(dir, name)) : []
  if (tool.command && reports.length === 0) throw new Error(`${tool.name} left no report in ${dir}`)
  const { requests } = wrk
  return { perSecond: requests / wrk.seconds, p99Ms: wrk.p99_ms, cpuMicros: (cpu * 1e6) / requests, reports }
}
