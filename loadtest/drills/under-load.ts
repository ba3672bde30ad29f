/** A sale at a steady rate, a fault in the middle of it, and then the proof: books of the clients, both stores, Kafka. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CatalogueEvent } from '../../src/catalogue/model.ts'
import { waitFor } from '../../src/devstack/wait.ts'
import { auditProblems, auditReport } from '../bench/audit-stage.ts'
import { backlogOf } from '../bench/backlog.ts'
import { openSale } from '../bench/sale.ts'
import { type ServiceProcess, startService } from '../bench/service-process.ts'
import type { Stage } from '../bench/stage.ts'
import { compareBooks, storedOf } from '../run/books.ts'
import { writeK6Data } from '../run/k6-data.ts'
import { acknowledgedOf, answersOf } from '../run/k6-summary.ts'
import { runK6 } from '../run/run-k6.ts'
import type { DrillOutcome, DrillRun, Facts } from './drill.ts'
import { watchOutage } from './outage.ts'

export interface Scene {
  stage: Stage
  api: ServiceProcess
  worker: ServiceProcess
  /** Starts another process of the same settings; it ends with the drill. */
  start(role: 'api' | 'worker'): Promise<ServiceProcess>
  say: (line: string) => void
  /** How often somebody who asks all the time got a seat until now. */
  sold(): number
}

export interface UnderLoad {
  /** Of the service. */
  settings?: Readonly<Record<string, string>>
  seconds?: number
  /** Acknowledged reservations of so many seconds before the fault may be gone: Redis syncs once a second, and PostgreSQL had not got them. */
  mayForgetSeconds?: number
  /** Whether requests may stay without an answer: a process that is killed or sick gives none. */
  mayHang?: boolean
  /** Whether everybody wants the first zone of the event. */
  oneZone?: boolean
  /** Whether seats must be sold while the fault lasts. */
  sellsOn?: boolean
  /** The fault. It begins when the sale has gone on for some seconds, and has as long as the load lasts. @returns what was seen */
  strike(scene: Scene): Promise<Facts>
  /** More that must hold at the end. */
  after?(scene: Scene): Promise<string[]>
}

const RATE = 100
const BEFORE_SECONDS = 4
const K6_GRACE_MS = 120_000
const PEOPLE = 20_000
const SEATS = 200_000
/** The promise of the design: green again so soon after whatever was away is back. */
const DRAIN_SECONDS = 30

export async function underLoad(run: DrillRun, drill: UnderLoad): Promise<DrillOutcome> {
  const { stage, k6, dir, signal, say, rate = RATE } = run
  const { seconds = 20, mayForgetSeconds = 0 } = drill
  const event = await openSale(stage, 4, { seatsPerZone: SEATS, maxTicketsPerUser: 1000 })
  const probed = await openSale(stage, 1, { seatsPerZone: SEATS, maxTicketsPerUser: 1000 })
  const wanted = drill.oneZone ? withFirstZone(event) : event
  mkdirSync(dir, { recursive: true })
  const { files } = writeK6Data(stage, join(stage.dir, 'k6'), { event: wanted, people: PEOPLE })

  await using running = new AsyncDisposableStack()
  const start = async (role: 'api' | 'worker') =>
    running.adopt(
      await startService(stage, role, { RATE_LIMIT_RESERVE_PER_SECOND: '0', ...drill.settings }),
      (process) => process.stop(),
    )
  const worker = await start('worker')
  const api = await start('api')
  const outage = watchOutage({ api, stage, event: probed })
  running.defer(async () => void (await outage.stop()))
  const scene: Scene = { stage, api, worker, start, say, sold: outage.sold }
  say(`  ${rate} people a second for ${seconds} s`)
  // A fault that cannot be done ends the load, too.
  const ended = new AbortController()
  running.defer(() => ended.abort())
  const load = runK6({
    k6,
    scenario: 'drill',
    settings: { BASE_URL: api.url, ...files, RATE: `${rate}`, SECONDS: `${seconds}`, USERS: '500' },
    summaryPath: join(dir, 'k6.json'),
    logPath: join(dir, 'k6.log'),
    timeoutMs: seconds * 1000 + K6_GRACE_MS,
    signal: AbortSignal.any([signal, ended.signal]),
  })
  // Awaited below; until then a failure of it must not end the process.
  load.catch(() => {})
  await sleep(BEFORE_SECONDS * 1000, undefined, { signal })
  const before = outage.sold()
  const seen = await drill.strike(scene)
  const soldMeanwhile = outage.sold() - before
  const { metrics, interrupted } = await load
  const outages = await outage.stop()

  const problems: string[] = []
  if (drill.sellsOn && soldMeanwhile === 0) problems.push('nothing was sold while it lasted')
  const drained = await untilQuiet(stage)
  if (drained === null) problems.push(`not everything was written ${DRAIN_SECONDS} s after the load`)
  problems.push(...unexpected(answersOf(metrics), drill))
  const acknowledged = acknowledgedOf(metrics, interrupted)
  const stored = await storedOf(stage, event.id)
  const forgotten = Math.max(0, acknowledged.reserved - stored.bookings)
  const mayForget = mayForgetSeconds * rate
  const kept = forgotten <= mayForget ? acknowledged.reserved - forgotten : acknowledged.reserved
  problems.push(...compareBooks({ ...acknowledged, reserved: kept }, stored, { paidBehindTheBack: true }))
  const audit = await auditReport(stage, true)
  problems.push(...auditProblems(audit))
  problems.push(...((await drill.after?.(scene)) ?? []))
  const { unanswered } = acknowledged
  return {
    facts: {
      ...seen,
      'sold to them meanwhile': soldMeanwhile,
      ...outages,
      answers: Object.entries(answersOf(metrics))
        .map(([answer, count]) => `${answer}: ${count}`)
        .join(', '),
      'reservations acknowledged, unanswered, stored': `${acknowledged.reserved}, ${unanswered.reserve}, ${stored.bookings}`,
      'confirmed acknowledged, stored': `${acknowledged.confirmed}, ${stored.confirmed}`,
      ...(mayForget > 0 && { 'acknowledged and forgotten': `${forgotten} (at most ${mayForget})` }),
      'everything written after': drained === null ? 'never' : `${drained.toFixed(1)} s`,
      audit: audit.ok ? `green; ${audit.kafka?.summary ?? ''}` : 'not green',
    },
    problems,
  }
}

function withFirstZone(event: CatalogueEvent): CatalogueEvent {
  return { ...event, shows: event.shows.map((show) => ({ ...show, zones: show.zones.slice(0, 1) })) }
}

/** What may be refused is refused in time, to be asked again: 503. A hold that Redis forgot is not found, or is over. */
function unexpected(answers: Record<string, number>, { mayHang, mayForgetSeconds }: UnderLoad): string[] {
  const allowed = [
    '200',
    '201',
    '503',
    ...(mayHang ? ['none'] : []),
    ...(mayForgetSeconds ? ['404', '410'] : []),
  ]
  return Object.entries(answers)
    .filter(([answer]) => !allowed.includes(answer.split(' ')[1] ?? ''))
    .map(([answer, count]) => `${count} were answered ${answer}`)
}

/** Stores that have just come back refuse the first commands. @returns seconds; null when it took longer than is promised */
async function untilQuiet(stage: Stage): Promise<number | null> {
  const startedMs = performance.now()
  const passed = () => (performance.now() - startedMs) / 1000
  const isQuiet = async () => {
    const { streamEntries, outboxRows } = await backlogOf(stage).catch(() => ({
      streamEntries: 1,
      outboxRows: 1,
    }))
    return streamEntries === 0 && outboxRows === 0
  }
  return (await waitFor(isQuiet, { timeoutMs: DRAIN_SECONDS * 1000 })) ? passed() : null
}
