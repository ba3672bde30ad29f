/** One load test from an empty event to its audit. */
import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { auditProblems, auditReport } from '../bench/audit-stage.ts'
import { untilDrained } from '../bench/backlog.ts'
import { openSale } from '../bench/sale.ts'
import { type ServiceProcess, startService } from '../bench/service-process.ts'
import type { Stage } from '../bench/stage.ts'
import { openWaitingRoom } from '../bench/waiting-room.ts'
import { compareBooks, storedOf } from './books.ts'
import { cpuOf, cpuSince } from './cpu-by-component.ts'
import { type Evidence, keepEvidence } from './evidence.ts'
import { writeK6Data } from './k6-data.ts'
import {
  type Acknowledged,
  acknowledgedOf,
  answersOf,
  type Metrics,
  numberOf,
  type Threshold,
  thresholdsOf,
} from './k6-summary.ts'
import { secondLine, shapeLine } from './lines.ts'
import { runK6 } from './run-k6.ts'
import type { Scenario, Shape, Stored } from './scenario.ts'
import { type Second, type Series, watchService } from './series.ts'
import { warmUpService } from './warm-up.ts'

export interface ScenarioRun {
  stage: Stage
  k6: string
  scenario: Scenario
  shape: Shape
  /** API processes behind the one port. */
  processes: number
  /** Where the reports go. */
  dir: string
  /** Of the service, beside those of the scenario. */
  settings?: Readonly<Record<string, string>>
  say: (line: string) => void
  signal: AbortSignal
  /** Tests of the gate spoil the books here: an audit that finds nothing then is none. */
  spoil?: Readonly<Partial<Record<'beforeLoad' | 'beforeAudit', (event: Sold) => Promise<void>>>>
}

export interface Sold {
  eventId: string
  zoneIds: readonly string[]
}

export interface ScenarioResult {
  scenario: string
  /** The folder of its reports. */
  folder: string
  shape: Shape
  processes: number
  startedAt: string
  loadSeconds: number
  /** Iterations a second: asked for (of a steady load), begun and ended, and those that no user was free for. */
  offered: number | null
  achieved: number
  dropped: number
  latencyMs: Record<string, number>
  answers: Record<string, number>
  /** Reservations a second; null where none was looked for or the objective was never kept. */
  knee: number | null
  thresholds: Threshold[]
  acknowledged: Acknowledged
  stored: Stored
  audit: string
  /** CPU seconds of each process until everything was written, and µs for each request of k6. */
  cpuSeconds: Record<string, number>
  cpuMicros: Record<string, number>
  peakWalEntries: number
  peakWalLagSeconds: number
  peakOutboxRows: number
  peakRssMb: number
  /** In which queues let nobody in because the service had too much to do. */
  queuePausedSeconds: number
  drainedAfterSeconds: number | null
  series: Series
  /** Everything that is not as it must be, in sentences. A run without any has passed. */
  problems: string[]
  evidence: Evidence | null
}

/** Holds outlive the run unless the scenario says otherwise, and one address is everybody here. */
const runSettings = { RATE_LIMIT_RESERVE_PER_SECOND: '0', RATE_LIMIT_JOIN_PER_SECOND: '0' }
const SAY_EVERY_SECONDS = 5
/** How long PostgreSQL and Kafka may be behind at the end of a load. */
const MOST_DRAIN_SECONDS = 10
/** Slow from the first step on: on a machine that has others on it, once more. */
export const NO_KNEE = 'the objective was never kept: there is no knee'
/** Set-up of k6, its longest graceful stop and its reports. */
const K6_GRACE_MS = 180_000

export async function runScenario(run: ScenarioRun): Promise<ScenarioResult> {
  const { stage, scenario, shape, processes, dir, say, signal } = run
  const { zones, maxTicketsPerUser, queueRate } = scenario
  say(`  ${scenario.tokens} people, ${zones.reduce((sum, seats) => sum + seats, 0)} seats`)
  const event = await openSale(stage, zones.length, {
    seatsPerZone: zones,
    queueRequired: queueRate !== undefined,
    ...(maxTicketsPerUser && { maxTicketsPerUser }),
  })
  if (queueRate !== undefined)
    await (await openWaitingRoom(stage, event)).change({ state: 'open', releaseRatePerSecond: queueRate })
  // Tokens are keys: they go with the stage, and into no report.
  const k6Data = { event, people: scenario.tokens }
  const { zoneIds, files } = writeK6Data(stage, join(stage.dir, 'k6'), k6Data)

  await using running = new AsyncDisposableStack()
  const settings = { ...runSettings, ...scenario.settings, ...run.settings }
  const stop = (process: ServiceProcess) => process.stop()
  const worker = running.adopt(await startService(stage, 'worker', settings), stop)
  const api = running.adopt(
    await startService(stage, 'api', {
      ...settings,
      ...(processes > 1 && { WEB_CONCURRENCY: `${processes}` }),
    }),
    stop,
  )
  signal.throwIfAborted()
  if (shape.warmSeconds) {
    say(`  ${shape.warmSeconds} s of warm-up`)
    await warmUpService(stage, { url: api.url, seconds: shape.warmSeconds, k6: run.k6, dir, signal })
  }
  say(`  ${shapeLine(shape)}: k6 begins`)
  await run.spoil?.beforeLoad?.({ eventId: event.id, zoneIds })
  const cpuBefore = cpuOf(stage, api, worker)
  const startedAt = new Date()
  const watching = watchService(
    { api: api.diagnosticsUrl, worker: worker.diagnosticsUrl, apiPid: api.pid },
    (second) => {
      if (Math.round(second.atSeconds) % SAY_EVERY_SECONDS === 0) say(secondLine(second))
    },
  )
  const logPath = join(dir, 'k6.log')
  const k6 = await runK6({
    k6: run.k6,
    scenario: scenario.name,
    settings: { BASE_URL: api.url, ...files, ...shapeOf(shape), ...scenario.env },
    htmlPath: join(dir, 'k6.html'),
    summaryPath: join(dir, 'k6.json'),
    logPath,
    timeoutMs: shape.seconds * 10_000 + K6_GRACE_MS,
    signal,
  }).finally(() => watching.stop())
  const series = watching.seconds
  const problems: string[] = []
  const drainedAfterSeconds = await untilDrained(stage).catch((error: Error) => {
    problems.push(`not written in time: ${error.message}`)
    return null
  })
  if (drainedAfterSeconds !== null && drainedAfterSeconds > MOST_DRAIN_SECONDS)
    problems.push(`everything was written only ${drainedAfterSeconds.toFixed(0)} s after the load`)
  const cpu = cpuSince(cpuBefore, cpuOf(stage, api, worker))
  const { metrics } = k6
  const thresholds = thresholdsOf(metrics)
  for (const { metric, condition, held } of thresholds)
    if (!held) problems.push(`${metric}: ${condition} does not hold (${saidOf(metrics, metric)})`)
  if (!k6.thresholdsHeld && problems.length === 0) problems.push('k6 says that a threshold was crossed')

  await run.spoil?.beforeAudit?.({ eventId: event.id, zoneIds })
  say('  audit')
  const acknowledged = acknowledgedOf(metrics, k6.interrupted)
  const stored = await storedOf(stage, event.id)
  problems.push(...compareBooks(acknowledged, stored, scenario))
  const log = readFileSync(logPath, 'utf8')
  const knee = scenario.knee?.({ metrics, series }) ?? null
  if (scenario.knee && knee === null) problems.push(NO_KNEE)
  problems.push(...(scenario.expects?.({ shape, metrics, acknowledged, stored, log, series }) ?? []))
  const audit = await auditReport(stage, true)
  problems.push(...auditProblems(audit))
  const requests = numberOf(metrics, 'http_reqs', 'count')
  const evidence =
    problems.length > 0 ? await keepEvidence(api.diagnosticsUrl, { dir, series, startedAt }) : null
  const loadSeconds = requests / Math.max(1e-9, numberOf(metrics, 'http_reqs', 'rate'))
  const result: ScenarioResult = {
    scenario: scenario.name,
    folder: basename(dir),
    shape,
    processes,
    startedAt: startedAt.toISOString(),
    loadSeconds,
    offered: shape.rate ?? null,
    achieved: numberOf(metrics, 'iterations', 'rate'),
    dropped: numberOf(metrics, 'dropped_iterations', 'count'),
    latencyMs: latencyOf(metrics),
    answers: answersOf(metrics),
    knee,
    thresholds,
    acknowledged,
    stored,
    audit: audit.ok ? `green; ${audit.kafka?.summary ?? ''}` : 'NOT GREEN',
    cpuSeconds: cpu,
    cpuMicros: Object.fromEntries(
      Object.entries(cpu).map(([name, s]) => [name, (s * 1e6) / Math.max(1, requests)]),
    ),
    peakWalEntries: most(series, ({ walEntries }) => walEntries),
    peakWalLagSeconds: most(series, ({ walLagSeconds }) => walLagSeconds),
    peakOutboxRows: most(series, ({ outboxRows }) => outboxRows),
    peakRssMb: most(series, ({ rssMb }) => rssMb),
    queuePausedSeconds: series.filter(({ queuePaused }) => queuePaused).length,
    drainedAfterSeconds,
    series,
    problems,
    evidence,
  }
  writeFileSync(join(dir, 'result.json'), `${JSON.stringify(result, null, 1)}\n`)
  return result
}

function shapeOf({ rate, seconds, users, people }: Shape): Record<string, string> {
  return {
    SECONDS: `${seconds}`,
    ...(rate && { RATE: `${rate}` }),
    ...(users && { USERS: `${users}` }),
    ...(people && { PEOPLE: `${people}` }),
  }
}

/** Of reservations where there are any, else of everything. */
function latencyOf(metrics: Metrics): Record<string, number> {
  const found = metrics['http_req_duration{name:reserve}'] ?? metrics['http_req_duration'] ?? {}
  return Object.fromEntries(
    Object.entries(found).flatMap(([k, v]) => (typeof v === 'number' ? [[k, v]] : [])),
  )
}

function saidOf(metrics: Metrics, metric: string): string {
  const numbers = Object.entries(metrics[metric] ?? {}).flatMap(([name, value]) =>
    typeof value === 'number' ? [`${name} ${Number(value.toFixed(2))}`] : [],
  )
  return numbers.join(', ')
}

function most(series: Series, value: (second: Second) => number): number {
  return Math.max(0, ...series.map(value))
}
