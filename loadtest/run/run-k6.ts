import { spawn } from 'node:child_process'
import { closeSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { openLog, tailLog } from '../../src/devstack/log-file.ts'
import type { Metrics } from './k6-summary.ts'

export interface K6Run {
  k6: string
  /** A file of loadtest/k6/scenarios, without its ending. */
  scenario: string
  /** What loadtest/k6/README.md names. */
  settings: Readonly<Record<string, string>>
  /** Where its metrics go while it runs, and by which the dashboards tell runs apart. */
  prometheus?: { url: string; testId: string; pushIntervalMs: number }
  /** Where k6 writes its own report of the run, as a page. */
  htmlPath?: string
  summaryPath: string
  logPath: string
  timeoutMs: number
  signal?: AbortSignal
}

export interface K6Outcome {
  /** Whether every threshold held; k6 ends with 99 otherwise. */
  thresholdsHeld: boolean
  metrics: Metrics
  /** Iterations that were ended at the end of their time: what they had sent is in no metric. */
  interrupted: number
}

/** Columns of the dashboards: see dashboards/src/load-tests.ts. */
const TREND_STATS = 'min,avg,med,max,p(95),p(99),count'

const scenarios = resolve(import.meta.dirname, '../k6/scenarios')
const LOOPBACK = ['127.0.0.1', '[::1]', 'localhost']
const THRESHOLDS_FAILED = 99

/** Runs a scenario to its end. @throws when it fails otherwise than by its thresholds, or the load would leave this machine */
export async function runK6(options: K6Run): Promise<K6Outcome> {
  const { scenario, settings, prometheus, htmlPath, summaryPath, logPath } = options
  const url = settings['BASE_URL'] ?? ''
  if (!LOOPBACK.includes(new URL(url).hostname))
    throw new Error(`load is sent to this machine only, not to ${url}`)
  const args = ['run', '--no-usage-report', '--no-color', '--summary-export', summaryPath]
  if (prometheus) args.push('--tag', `testid=${prometheus.testId}`, '--out', 'experimental-prometheus-rw')
  if (htmlPath !== undefined) args.push('--out', 'web-dashboard')
  const code = await run(options, [...args, `${scenarios}/${scenario}.ts`], {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    ...settings,
    ...(prometheus && {
      K6_PROMETHEUS_RW_SERVER_URL: `${prometheus.url}/api/v1/write`,
      K6_PROMETHEUS_RW_PUSH_INTERVAL: `${prometheus.pushIntervalMs}ms`,
      K6_PROMETHEUS_RW_TREND_STATS: TREND_STATS,
    }),
    ...(htmlPath !== undefined && {
      K6_WEB_DASHBOARD_EXPORT: htmlPath,
      // It is written at the end; nobody looks in meanwhile.
      K6_WEB_DASHBOARD_PORT: '-1',
      K6_WEB_DASHBOARD_PERIOD: '1s',
    }),
  })
  if (code !== 0 && code !== THRESHOLDS_FAILED)
    throw new Error(`k6 ended with ${code}; the end of ${logPath}:\n${tailLog(logPath)}`)
  const { metrics } = JSON.parse(readFileSync(summaryPath, 'utf8')) as { metrics: Metrics }
  return { thresholdsHeld: code === 0, metrics, interrupted: interruptedOf(readFileSync(logPath, 'utf8')) }
}

/** k6 says it in its lines of progress alone, the last of which is the whole. */
export function interruptedOf(log: string): number {
  const said = [...log.matchAll(/ complete and (\d+) interrupted iterations/g)].at(-1)
  return Number(said?.[1] ?? 0)
}

function run({ k6, logPath, timeoutMs, signal }: K6Run, args: string[], env: NodeJS.ProcessEnv) {
  const log = openLog(logPath)
  const late = AbortSignal.timeout(timeoutMs)
  const child = spawn(k6, args, {
    cwd: scenarios,
    env,
    // Not of this process's group: Ctrl-C reaches the runner, which ends it.
    detached: true,
    stdio: ['ignore', log, log],
    signal: AbortSignal.any([late, ...(signal ? [signal] : [])]),
    killSignal: 'SIGKILL',
  })
  closeSync(log)
  const kill = () => void child.kill('SIGKILL')
  process.once('exit', kill)
  return new Promise<number | string>((done, fail) => {
    child.on('error', (error) => fail(late.aborted ? new Error(`k6 took over ${timeoutMs / 1000} s`) : error))
    child.once('close', (code, killedBy) => done(code ?? killedBy ?? 'unknown'))
  }).finally(() => process.off('exit', kill))
}
