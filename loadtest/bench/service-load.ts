/** One measurement of the whole service under load: what it did, what that cost each process, and whether it counts. */
import { untilDrained } from './backlog.ts'
import { cpuSeconds, endedChildrenCpuSeconds, treeCpuSeconds } from './process-usage.ts'
import { growth, type Scrape, scrape } from './scrape.ts'
import type { ServiceProcess } from './service-process.ts'
import type { Stage } from './stage.ts'
import { watch } from './watch.ts'
import { runWrk, type WrkOptions } from './wrk.ts'

export type CpuMicros = Record<'api' | 'worker' | 'wrk' | 'redis' | 'postgres' | 'kafka', number>

export interface LoadSample {
  connections: number
  /** What the service itself counted as done, per second. */
  perSecond: number
  p50Ms: number
  p95Ms: number
  p99Ms: number
  /** CPU for each request that was done, µs, until both backlogs were empty. */
  cpuMicros: CpuMicros
  apiRssMaxMb: number
  /** Memory that Redis took for each, when everything was written: the hold, its place in the lists of due ones and of its user's. Earlier results do not have it. */
  redisBytes?: number
  maxLagSeconds: number
  drainedAfterSeconds: number
  /** Reservations in a transaction of the persister, on average. */
  persistBatchMean: number
  /** Requests that were not done, whatever the reason. */
  failed: number
  /** Why this does not count; empty when it does. */
  faults: string
}

const MAX_LAG_SECONDS = 1
const MAX_DRAIN_SECONDS = 10
/** Errors that the service's objective allows: 0.1 % of the requests. */
const MAX_FAILED = 0.001

export interface LoadOptions extends Omit<WrkOptions, 'url'> {
  stage: Stage
  api: ServiceProcess
  worker: ServiceProcess
  path: string
  /** The API's counter of what is asked for, with the label of success. */
  counter: string
  /** Where each request can be sent once only: how many there are. */
  atMost?: number
}

export async function measureService(options: LoadOptions): Promise<LoadSample> {
  const { stage, api, worker, counter, connections } = options
  const before = await scrapeBoth(api, worker)
  const memoryBefore = await redisMemory(stage)
  const cpuBefore = cpuOf(options)
  await using watcher = watch(worker.diagnosticsUrl, api.pid)
  const wrk = await runWrk({ ...options, url: api.url + options.path })
  const drainedAfterSeconds = await untilDrained(stage)
  const cpuAfter = cpuOf(options)
  const memoryAfter = await redisMemory(stage)
  const { maxLagSeconds, maxRssBytes } = await watcher.stop()
  const after = await scrapeBoth(api, worker)

  const done = growth(before.api, after.api, counter)
  const batches = growth(before.worker, after.worker, 'persister_batch_size_count')
  const faults: string[] = []
  const failed = wrk.not_2xx + wrk.socket_errors + wrk.timeouts
  if (failed > wrk.requests * MAX_FAILED) {
    faults.push(`${failed} of ${wrk.requests} requests failed (${failuresIn(before.api, after.api)})`)
  }
  if (wrk.requests >= (options.atMost ?? Infinity) - connections) faults.push('there was not enough to do')
  // Requests under way when wrk stops are done and never seen by it: at most one a connection.
  const unseen = done - (wrk.requests - wrk.not_2xx)
  if (unseen < 0 || unseen > connections)
    faults.push(`wrk saw ${unseen} fewer successes than the service counted`)
  if (maxLagSeconds >= MAX_LAG_SECONDS) faults.push(`PostgreSQL was ${maxLagSeconds.toFixed(1)} s behind`)
  if (drainedAfterSeconds > MAX_DRAIN_SECONDS)
    faults.push(`drained after ${drainedAfterSeconds.toFixed(0)} s`)
  return {
    connections,
    perSecond: done / wrk.seconds,
    p50Ms: wrk.p50_ms,
    p95Ms: wrk.p95_ms,
    p99Ms: wrk.p99_ms,
    cpuMicros: perRequest(cpuBefore, cpuAfter, done),
    apiRssMaxMb: maxRssBytes / 2 ** 20,
    redisBytes: (memoryAfter - memoryBefore) / Math.max(1, done),
    maxLagSeconds,
    drainedAfterSeconds,
    persistBatchMean: growth(before.worker, after.worker, 'persister_batch_size_sum') / Math.max(1, batches),
    failed,
    faults: faults.join('; '),
  }
}

async function scrapeBoth(api: ServiceProcess, worker: ServiceProcess) {
  return { api: await scrape(api.diagnosticsUrl), worker: await scrape(worker.diagnosticsUrl) }
}

async function redisMemory({ tools }: Stage): Promise<number> {
  const info = await tools.redis.run((connection) => connection.info('memory'))
  return Number(/used_memory:(\d+)/.exec(info)?.[1])
}

function cpuOf({ stage, api, worker }: LoadOptions): CpuMicros {
  const { redis = 0, postgres = 0, kafka = 0 } = stage.pids
  return {
    api: cpuSeconds(api.pid),
    worker: cpuSeconds(worker.pid),
    redis: cpuSeconds(redis),
    postgres: treeCpuSeconds(postgres),
    kafka: cpuSeconds(kafka),
    wrk: endedChildrenCpuSeconds(),
  }
}

function perRequest(before: CpuMicros, after: CpuMicros, requests: number): CpuMicros {
  const names = Object.keys(before) as (keyof CpuMicros)[]
  const micros = names.map((name) => [name, ((after[name] - before[name]) * 1e6) / Math.max(1, requests)])
  return Object.fromEntries(micros) as CpuMicros
}

/** Answers that were no success, by status: `503: 12`. */
function failuresIn(before: Scrape, after: Scrape): string {
  const counts = new Map<string, number>()
  for (const name of after.keys()) {
    const status = /^http_server_request_duration_seconds_count\{.*status="([45]\d\d)"/.exec(name)?.[1]
    if (status) counts.set(status, (counts.get(status) ?? 0) + growth(before, after, name))
  }
  const seen = [...counts].filter(([, count]) => count > 0)
  return seen.map(([status, count]) => `${status}: ${count}`).join(', ') || 'no answer'
}
