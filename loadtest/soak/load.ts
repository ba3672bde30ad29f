/**
 * One load of a soak. wrk reserves, for it takes little CPU, and leaves its seats to expire; k6 pays for some and gives some back; another wrk looks at the
 * seats.
 */
import { join } from 'node:path'
import type { CatalogueEvent } from '../../src/catalogue/model.ts'
import { writeReserveFiles } from '../bench/sale.ts'
import type { ServiceProcess } from '../bench/service-process.ts'
import type { Stage } from '../bench/stage.ts'
import { watch } from '../bench/watch.ts'
import { runWrk } from '../bench/wrk.ts'
import { writeK6Data } from '../run/k6-data.ts'
import { type Acknowledged, acknowledgedOf } from '../run/k6-summary.ts'
import { runK6 } from '../run/run-k6.ts'

export interface Load {
  /** Reservations a second that were answered with success. */
  perSecond: number
  p99Ms: number
  /** Looks at the seats that were answered with success. */
  readsPerSecond: number
  acknowledged: Acknowledged
  apiRssMaxBytes: number
  maxLagSeconds: number
}

export interface Loading {
  stage: Stage
  api: ServiceProcess
  worker: ServiceProcess
  k6: string
  event: CatalogueEvent
  /** For its files; and what its idempotency keys begin with. */
  name: string
  /** Requests a second, and how many of them only look. */
  rate: number
  reads: number
  seconds: number
  signal: AbortSignal
}

/** One reservation in twenty is k6's: of its own a tenth is given back, four in ten are paid and confirmed, the rest is left, too. */
const SHARE_OF_K6 = 0.05
/** With so many connections the rate is kept as long as answers take less than this on average. */
const ANSWERED_WITHIN_MS = 200
/** wrk opens all of them at one instant: more than Node's backlog of 511 would wait seconds for their turn. */
const CONNECTIONS_MOST = 400
const USERS = 50_000
const LOOKERS = 1000
const K6_PEOPLE = 10_000
/** Nobody of wrk's. */
const K6_FIRST_PERSON = 1_000_000
const K6_GRACE_MS = 120_000

export async function load(loading: Loading): Promise<Load> {
  await using watcher = watch(loading.worker.diagnosticsUrl, loading.api.pid)
  // When one of them fails, the others have no use.
  const failed = new AbortController()
  const signal = AbortSignal.any([loading.signal, failed.signal])
  const of = { ...loading, rate: loading.rate - loading.reads, signal }
  const all = [reserveMuch(of), endSome(of), lookOn({ ...loading, signal })] as const
  for (const one of all) one.catch((error) => failed.abort(error))
  await Promise.allSettled(all)
  const [{ summary, connections }, ended, looks] = await Promise.all(all)
  const { maxLagSeconds, maxRssBytes } = await watcher.stop()
  const reserved = summary.requests - summary.not_2xx
  const acknowledged = { ...ended, unanswered: { ...ended.unanswered } }
  acknowledged.reserved += reserved
  // What was under way when wrk stopped is one a connection at most; of refusals it does not say which they were.
  acknowledged.unanswered.reserve += connections + summary.not_2xx + summary.socket_errors + summary.timeouts
  return {
    perSecond: acknowledged.reserved / loading.seconds,
    p99Ms: summary.p99_ms,
    readsPerSecond: looks / loading.seconds,
    acknowledged,
    apiRssMaxBytes: maxRssBytes,
    maxLagSeconds,
  }
}

async function reserveMuch({ stage, api, event, name, rate, seconds, signal }: Loading) {
  const perSecond = rate * (1 - SHARE_OF_K6)
  const connections = connectionsFor(perSecond)
  const files = writeReserveFiles(stage, event, USERS)
  const summary = await runWrk({
    script: 'reserve',
    scriptArgs: [...files, `${perSecond}`, `${name}-`],
    url: `${api.url}/api/v1/bookings/reserve`,
    connections,
    seconds,
    signal,
  })
  return { summary, connections }
}

/** @returns how many looks were answered */
async function lookOn({ stage, api, event, reads, seconds, signal }: Loading): Promise<number> {
  if (reads === 0) return 0
  const [tokens = ''] = writeReserveFiles(stage, event, LOOKERS, { prefix: 'looks-' })
  const summary = await runWrk({
    script: 'position',
    scriptArgs: [tokens, `${reads}`],
    url: `${api.url}/api/v1/events/${event.id}/availability`,
    connections: connectionsFor(reads),
    seconds,
    signal,
  })
  return summary.requests - summary.not_2xx
}

function connectionsFor(perSecond: number): number {
  return Math.max(1, Math.min(CONNECTIONS_MOST, Math.round((perSecond * ANSWERED_WITHIN_MS) / 1000)))
}

async function endSome({ stage, api, k6, event, name, rate, seconds, signal }: Loading) {
  const dir = join(stage.dir, name)
  const { files } = writeK6Data(stage, dir, { event, people: K6_PEOPLE, firstPerson: K6_FIRST_PERSON })
  const { metrics, interrupted } = await runK6({
    k6,
    scenario: 'drill',
    settings: {
      BASE_URL: api.url,
      ...files,
      RATE: `${Math.max(1, Math.round(rate * SHARE_OF_K6))}`,
      SECONDS: `${seconds}`,
    },
    summaryPath: join(dir, 'k6.json'),
    logPath: join(dir, 'k6.log'),
    timeoutMs: seconds * 1000 + K6_GRACE_MS,
    signal,
  })
  return acknowledgedOf(metrics, interrupted)
}
