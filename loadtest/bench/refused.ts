/** What it costs to say no: by far most answers of an on-sale are refusals. */
import { backlogOf } from './backlog.ts'
import { reserveMany } from './fill.ts'
import { quantileOf } from './histogram.ts'
import { persistAll } from './persist.ts'
import type { BenchRun } from './plan.ts'
import { cpuSeconds } from './process-usage.ts'
import { openSale, writeReserveFiles } from './sale.ts'
import { growth, scrape } from './scrape.ts'
import { type ServiceProcess, startService } from './service-process.ts'
import type { Stage } from './stage.ts'
import { type Spread, spreadBy } from './statistics.ts'
import { warmUp } from './warm-up.ts'
import { runWrk } from './wrk.ts'

export interface RefusedCase {
  name: string
  status: number
  perSecond: Spread
  p50Ms: Spread
  p99Ms: Spread
  /** From the first byte to the last, as the service counted it. */
  serverP99Ms: Spread
  apiCpuMicros: Spread
  /** Why its numbers do not count; empty when they do. */
  faults: string
}

export interface RefusedMeasured {
  connections: number
  cases: RefusedCase[]
}

interface Sample {
  perSecond: number
  p50Ms: number
  p99Ms: number
  serverP99Ms: number
  apiCpuMicros: number
  faults: string
}

interface Refusal {
  name: string
  status: 409 | 429 | 503
  api: ServiceProcess
  scriptArgs: readonly string[]
}

const PATH = '/api/v1/bookings/reserve'
const DURATION = 'http_server_request_duration_seconds'
/** Of the answers. Of a person who may ask once a second one is answered otherwise in each. */
const MAX_OTHER = 0.005

/** Nobody persists before the end: whatever is written to Redis stays in the stream and is seen. */
export async function measureRefused(run: BenchRun, stage: Stage): Promise<RefusedMeasured> {
  const { plan, say } = run
  await using running = new AsyncDisposableStack()
  const start = async (settings: Record<string, string>) =>
    running.adopt(await startService(stage, 'api', settings), (process) => process.stop())

  const empty = await openSale(stage, 1, { seatsPerZone: 1 })
  await reserveMany(stage, [empty], 1, 1)
  const strict = await openSale(stage, plan.zones, { maxTicketsPerUser: 1 })
  const many = writeReserveFiles(stage, empty, plan.users, { prefix: 'empty-' })
  const greedy = writeReserveFiles(stage, strict, plan.users, { prefix: 'greedy-', quantity: 2 })
  const one = writeReserveFiles(stage, empty, 1, { prefix: 'one-' })

  const usual = await start({})
  const limited = await start({ RATE_LIMIT_RESERVE_PER_SECOND: '1' })
  // The one seat that was sold is a full backlog for it.
  const shedding = await start({ SHED_WAL_ENTRIES: '1' })
  const refusals: Refusal[] = [
    { name: 'sold out', status: 409, api: usual, scriptArgs: many },
    { name: 'over the limit of seats', status: 409, api: usual, scriptArgs: greedy },
    { name: 'asking too often', status: 429, api: limited, scriptArgs: one },
    { name: 'shed', status: 503, api: shedding, scriptArgs: many },
  ]

  say('  warming up')
  for (const refusal of refusals) await warmUp(plan, (seconds) => measure(run, stage, refusal, seconds))
  const samples = new Map<Refusal, Sample[]>(refusals.map((refusal) => [refusal, []]))
  for (let round = 0; round < plan.rounds; round++) {
    for (const [refusal, taken] of samples) {
      const sample = await measure(run, stage, refusal, plan.seconds)
      taken.push(sample)
      say(refusedLine(refusal.name, sample))
    }
  }
  await persistAll(stage, stage.config.PERSIST_BATCH_MAX_ENTRIES, 1, run.signal)
  return {
    connections: plan.poolConnections,
    cases: [...samples].map(([{ name, status }, taken]) => ({
      name,
      status,
      perSecond: spreadBy(taken, ({ perSecond }) => perSecond),
      p50Ms: spreadBy(taken, ({ p50Ms }) => p50Ms),
      p99Ms: spreadBy(taken, ({ p99Ms }) => p99Ms),
      serverP99Ms: spreadBy(taken, ({ serverP99Ms }) => serverP99Ms),
      apiCpuMicros: spreadBy(taken, ({ apiCpuMicros }) => apiCpuMicros),
      faults: [...new Set(taken.map(({ faults }) => faults).filter(Boolean))].join('; '),
    })),
  }
}

async function measure(
  { plan, signal }: BenchRun,
  stage: Stage,
  { status, api, scriptArgs }: Refusal,
  seconds: number,
): Promise<Sample> {
  const before = await scrape(api.diagnosticsUrl)
  const writtenBefore = (await backlogOf(stage)).streamEntries
  const cpuBefore = cpuSeconds(api.pid)
  const wrk = await runWrk({
    script: 'reserve',
    scriptArgs,
    url: api.url + PATH,
    connections: plan.poolConnections,
    seconds,
    signal,
  })
  const cpu = cpuSeconds(api.pid) - cpuBefore
  const after = await scrape(api.diagnosticsUrl)
  const written = (await backlogOf(stage)).streamEntries - writtenBefore

  const refused = growth(before, after, `${DURATION}_count{method="POST",route="${PATH}",status="${status}"}`)
  const series = new RegExp(`^${DURATION}_bucket\\{.*status="${status}"`)
  const faults: string[] = []
  const other = wrk.requests - refused + wrk.socket_errors + wrk.timeouts
  if (other > Math.max(wrk.requests * MAX_OTHER, seconds + 2))
    faults.push(`${other} of ${wrk.requests} were not answered ${status}`)
  if (written !== 0) faults.push(`${written} reservations were written`)
  return {
    perSecond: refused / wrk.seconds,
    p50Ms: wrk.p50_ms,
    p99Ms: wrk.p99_ms,
    serverP99Ms: (quantileOf(before, after, series, 0.99) ?? 0) * 1000,
    apiCpuMicros: (cpu * 1e6) / Math.max(1, refused),
    faults: faults.join('; '),
  }
}

function refusedLine(name: string, sample: Sample): string {
  const latency = `p50 ${sample.p50Ms.toFixed(1)} p99 ${sample.p99Ms.toFixed(1)} ms, in the server p99 ${sample.serverP99Ms.toFixed(1)} ms`
  const verdict = sample.faults === '' ? '' : `  DOES NOT COUNT: ${sample.faults}`
  return `  ${name.padEnd(24)} ${sample.perSecond.toFixed(0).padStart(6)}/s  ${latency}  api ${sample.apiCpuMicros.toFixed(0)} µs${verdict}`
}
