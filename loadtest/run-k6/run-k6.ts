import { resolve } from 'node:path'
import { runTool } from '../../src/devstack/run-tool.ts'

export interface K6Run {
  k6: string
  /** A file of loadtest/k6/scenarios, without its ending. */
  scenario: string
  /** By which the dashboards tell runs apart. */
  testId: string
  /** What loadtest/k6/README.md names. */
  settings: Readonly<Record<string, string>>
  /** Where its metrics go. */
  prometheusUrl: string
  pushIntervalMs: number
  logPath: string
  timeoutMs: number
  signal?: AbortSignal
}

/** Columns of the dashboards: see dashboards/src/load-tests.ts. */
export const TREND_STATS = 'min,avg,med,max,p(95),p(99),count'

const scenarios = resolve(import.meta.dirname, '../k6/scenarios')
const LOOPBACK = ['127.0.0.1', '[::1]', 'localhost']

/** Runs a scenario to its end, its metrics written to Prometheus meanwhile. @throws when it fails, or the load would leave this machine */
export async function runK6(options: K6Run): Promise<void> {
  const { k6, scenario, testId, settings, prometheusUrl, pushIntervalMs, logPath, timeoutMs, signal } =
    options
  const url = settings['BASE_URL'] ?? ''
  if (!LOOPBACK.includes(new URL(url).hostname))
    throw new Error(`load is sent to this machine only, not to ${url}`)
  await runTool({
    command: k6,
    args: [
      ...['run', '--quiet', '--no-usage-report', '--tag', `testid=${testId}`],
      ...['--out', 'experimental-prometheus-rw', `${scenarios}/${scenario}.ts`],
    ],
    cwd: scenarios,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      ...settings,
      K6_PROMETHEUS_RW_SERVER_URL: `${prometheusUrl}/api/v1/write`,
      K6_PROMETHEUS_RW_PUSH_INTERVAL: `${pushIntervalMs}ms`,
      K6_PROMETHEUS_RW_TREND_STATS: TREND_STATS,
    },
    logPath,
    timeoutMs,
    signal,
  })
}
