/** The service at work under the eyes of a Prometheus: everything that a dashboard can show happens at least once. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openSale, tokenOf } from '../../loadtest/bench/sale.ts'
import { startService } from '../../loadtest/bench/service-process.ts'
import type { Stage } from '../../loadtest/bench/stage.ts'
import { openWaitingRoom } from '../../loadtest/bench/waiting-room.ts'
import { runK6 } from '../../loadtest/run/run-k6.ts'
import type { Time } from './ask.ts'
import { openCollector } from './collector.ts'
import { makeAsk, sendPeople } from './load.ts'
import { writeTargets } from './prometheus-config.ts'

/** Holds end while the check runs, the audit looks often, and every request is traced. */
const SETTINGS = {
  HOLD_TTL_SECONDS: '6',
  AUDIT_INTERVAL_MS: '1000',
  QUEUE_STREAM_TICK_MS: '200',
  TRACES_SAMPLE_RATIO: '1',
  OTEL_BSP_SCHEDULE_DELAY: '500',
}
const SEATS = 100_000
const QUEUE_RATE = 20
const K6_RATE = 20
const K6_TOKENS = 200
const CROWD_SECONDS = 25
const K6_SECONDS = 25
/** Longer than the background work waits for a command, so that it fails and is counted. */
const FREEZE_MS = 4500
/** Prometheus scrapes every second; the slowest gauge of the service is renewed every five. */
const SETTLE_MS = 7000

export interface RunOptions {
  stage: Stage
  prometheusUrl: string
  /** null: without k6. */
  k6: string | null
  signal: AbortSignal
  say: (line: string) => void
}

/** @returns the time in which there is something to see; the service still runs, and ends with `close` */
export async function runService(
  options: RunOptions,
): Promise<{ time: Time; target: number; close(): Promise<void> }> {
  const { stage, prometheusUrl, k6, signal, say } = options
  const open = await openSale(stage, 2, { seatsPerZone: SEATS })
  const soldOut = await openSale(stage, 1, { seatsPerZone: 1 })
  const queued = await openSale(stage, 1, { seatsPerZone: SEATS, queueRequired: true })
  const room = await openWaitingRoom(stage, queued)
  await room.change({ state: 'open', releaseRatePerSecond: QUEUE_RATE })

  const running = new AsyncDisposableStack()
  try {
    const from = Date.now() / 1000
    const collector = running.adopt(await openCollector(), (opened) => opened.close())
    const settings = { ...SETTINGS, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }
    const api = running.adopt(await startService(stage, 'api', settings), (process) => process.stop())
    const webhook = { PAYMENT_WEBHOOK_URL: `${api.url}/api/v1/payments/webhook` }
    const worker = running.adopt(
      await startService(stage, 'worker', { ...settings, ...webhook }),
      (process) => process.stop(),
    )
    writeTargets(join(stage.dir, 'prometheus'), [api.diagnosticsUrl, worker.diagnosticsUrl])

    let people = 0
    const crowd = sendPeople({
      ask: makeAsk(api.url),
      port: Number(new URL(api.url).port),
      newcomer: () => tokenOf(stage, people++),
      ...{ open, soldOut, queued },
    })
    say(`  a crowd of every kind for ${CROWD_SECONDS} s`)
    await sleep(CROWD_SECONDS * 1000, undefined, { signal })
    await lookIn(api.diagnosticsUrl)
    if (k6 !== null) {
      say(`  k6 for ${K6_SECONDS} s`)
      await runK6({
        ...{ k6, signal, scenario: 'dashboards' },
        prometheus: { url: prometheusUrl, testId: 'dashboards-check', pushIntervalMs: 1000 },
        summaryPath: join(stage.dir, 'k6.json'),
        settings: writeK6Data(stage, api.url, open.id, open.shows[0]?.zones[1]?.id ?? ''),
        logPath: join(stage.dir, 'logs/k6.log'),
        timeoutMs: (K6_SECONDS + 60) * 1000,
      })
    }
    collector.refuse(true)
    say(`  Redis frozen and the collector refusing for ${FREEZE_MS / 1000} s`)
    await freeze(stage.pids.redis, FREEZE_MS)
    collector.refuse(false)
    await sleep(SETTLE_MS, undefined, { signal })
    const { gone, brokenOff } = await crowd.leave()
    say(`  ${gone} people went their way to its end, ${brokenOff} broke off`)
    // Half of the rate: k6 ran for less than the minute that its rate is taken over.
    return { time: { from, to: Date.now() / 1000 }, target: K6_RATE / 4, close: () => running.disposeAsync() }
  } catch (error) {
    await running.disposeAsync()
    throw error
  }
}

function writeK6Data(stage: Stage, baseUrl: string, eventId: string, zoneId: string): Record<string, string> {
  const [tokens, sale] = [join(stage.dir, 'k6-tokens.txt'), join(stage.dir, 'k6-sale.json')]
  const lines = Array.from({ length: K6_TOKENS }, (_, index) => tokenOf(stage, 1_000_000 + index))
  writeFileSync(tokens, `${lines.join('\n')}\n`)
  writeFileSync(sale, JSON.stringify({ eventId, zoneIds: [zoneId] }))
  const shape = { RATE: `${K6_RATE}`, SECONDS: `${K6_SECONDS}` }
  return { BASE_URL: baseUrl, TOKENS: tokens, SALE: sale, ...shape }
}

/** Reads from the diagnostics port what moves its own series. What it does not have yet, it answers with 404. */
async function lookIn(diagnosticsUrl: string): Promise<void> {
  for (const path of [
    '/debug/pprof/profile?seconds=1',
    '/debug/pprof/heap',
    '/debug/vars',
    '/nothing-here',
  ]) {
    const response = await fetch(diagnosticsUrl + path, { signal: AbortSignal.timeout(15_000) })
    await response.body?.cancel()
  }
}

async function freeze(pid: number | undefined, ms: number): Promise<void> {
  if (pid === undefined) return
  process.kill(pid, 'SIGSTOP')
  try {
    await sleep(ms)
  } finally {
    process.kill(pid, 'SIGCONT')
  }
}
