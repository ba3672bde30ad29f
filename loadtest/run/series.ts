/** What the service itself says each second while it is under load. */
import { setTimeout as sleep } from 'node:timers/promises'
import { quantileOf } from '../bench/histogram.ts'
import { rssBytes } from '../bench/process-usage.ts'
import { growth, type Scrape, scrape } from '../bench/scrape.ts'

export interface Second {
  /** Since the load began. */
  atSeconds: number
  /** Requests answered, and of them those with a 5xx. */
  perSecond: number
  failedPerSecond: number
  p50Ms: number | null
  p95Ms: number | null
  p99Ms: number | null
  loopDelayMs: number
  walEntries: number
  walLagSeconds: number
  outboxRows: number
  /** Whether queues let nobody in because there is too much to do. */
  queuePaused: boolean
  rssMb: number
}

export type Series = readonly Second[]

const EVERY_MS = 1000
const DURATION = 'http_server_request_duration_seconds'
const bucketsOf = (route: string) => new RegExp(`^${DURATION}_bucket\\{.*route="${route}"`)
/** What the objective is of. */
const RESERVE = bucketsOf('/api/v1/bookings/reserve')

export interface Watching {
  seconds: Second[]
  stop(): Promise<Series>
}

/** @param onSecond told of each second as it ends */
export function watchService(
  { api, worker, apiPid }: { api: string; worker: string; apiPid: number },
  onSecond: (second: Second) => void = () => {},
): Watching {
  const stopping = new AbortController()
  const seconds: Second[] = []
  const startedMs = performance.now()
  const watching = (async () => {
    let before: { atMs: number; api: Scrape } | null = null
    while (!stopping.signal.aborted) {
      const [ofApi, ofWorker] = await Promise.all([scrape(api), scrape(worker)]).catch(() => [null, null])
      const atMs = performance.now()
      if (ofApi && ofWorker) {
        if (before) {
          const second = between(before.api, ofApi, ofWorker, (atMs - before.atMs) / 1000)
          const full = { ...second, atSeconds: (atMs - startedMs) / 1000, rssMb: rssBytes(apiPid) / 2 ** 20 }
          seconds.push(full)
          onSecond(full)
        }
        before = { atMs, api: ofApi }
      }
      const nextMs = EVERY_MS - ((performance.now() - startedMs) % EVERY_MS)
      await sleep(nextMs, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  })()
  return {
    seconds,
    async stop() {
      stopping.abort()
      await watching
      return seconds
    },
  }
}

function between(before: Scrape, after: Scrape, worker: Scrape, seconds: number) {
  const ms = (quantile: number) => {
    const value = quantileOf(before, after, RESERVE, quantile)
    return value === null ? null : value * 1000
  }
  return {
    perSecond: sum(before, after, (name) => name.startsWith(`${DURATION}_count`)) / seconds,
    failedPerSecond:
      sum(before, after, (name) => name.startsWith(`${DURATION}_count`) && /status="5/.test(name)) / seconds,
    p50Ms: ms(0.5),
    p95Ms: ms(0.95),
    p99Ms: ms(0.99),
    loopDelayMs: (after.get('event_loop_standing_delay_seconds') ?? 0) * 1000,
    walEntries: sum(new Map(), worker, (name) => name.startsWith('wal_backlog_entries')),
    walLagSeconds: worker.get('wal_lag_seconds') ?? 0,
    outboxRows: worker.get('outbox_backlog_rows') ?? 0,
    queuePaused: [...worker].some(
      ([name, value]) => /^queue_paused\{.*reason="(load|backlog)"/.test(name) && value > 0,
    ),
  }
}

function sum(before: Scrape, after: Scrape, matches: (name: string) => boolean): number {
  return [...after.keys()].filter(matches).reduce((total, name) => total + growth(before, after, name), 0)
}

export function worstOf(series: Series): Second | undefined {
  return series.toSorted((a, b) => (b.p99Ms ?? 0) - (a.p99Ms ?? 0))[0]
}

/** How long each pause of the queues was at most, in seconds: from the last look before it to the first behind it. */
export function pausesOf(series: Series): number[] {
  const pauses: number[] = []
  let beganSeconds: number | null = null
  let beforeSeconds = 0
  for (const { atSeconds, queuePaused } of series) {
    if (queuePaused) beganSeconds ??= beforeSeconds
    else if (beganSeconds !== null) {
      pauses.push(atSeconds - beganSeconds)
      beganSeconds = null
    }
    beforeSeconds = atSeconds
  }
  if (beganSeconds !== null) pauses.push(beforeSeconds - beganSeconds)
  return pauses
}
