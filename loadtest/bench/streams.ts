/** Streams of positions in one process: what they weigh, what a tick costs, and how soon a pass arrives. */
import { type ChildProcess, fork } from 'node:child_process'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BenchRun } from './plan.ts'
import { cpuSeconds, rssBytes } from './process-usage.ts'
import { openSale, tokenOf, userName, writeLines } from './sale.ts'
import { growth, scrape } from './scrape.ts'
import { type ServiceProcess, startService } from './service-process.ts'
import type { Stage } from './stage.ts'
import type { ClientOrder, ClientReport } from './stream-clients.ts'
import { openWaitingRoom } from './waiting-room.ts'

export interface StreamLevel {
  streams: number
  openSeconds: number
  apiRssMb: number
  /** CPU of the process for each tick while everybody's position moves, ms; all that it does is in it. */
  tickCpuMs: number
  /** Positions told a second. */
  positionsPerSecond: number
  passes: number
  deliveryP50Ms: number
  deliveryP99Ms: number
  deliveryMaxMs: number
  /** Why this does not count; empty when it does. */
  faults: string
}

export interface StreamsMeasured {
  levels: StreamLevel[]
}

const MEASURE_SECONDS = 15
const STREAMS_PER_CLIENT = 10_000
const clientScript = resolve(import.meta.dirname, 'stream-clients.ts')

export async function measureStreams(run: BenchRun, stage: Stage): Promise<StreamsMeasured> {
  const levels: StreamLevel[] = []
  for (const streams of run.plan.streams) {
    run.signal.throwIfAborted()
    const level = await measureLevel(run, stage, streams)
    levels.push(level)
    run.say(levelLine(level))
    if (level.faults !== '') break
  }
  return { levels }
}

/** Every level has processes and an event of its own. */
async function measureLevel({ say, signal }: BenchRun, stage: Stage, streams: number): Promise<StreamLevel> {
  const event = await openSale(stage, 1)
  const room = await openWaitingRoom(stage, event)
  await room.fill(userName, 0, streams)
  const tokensFile = join(stage.dir, 'stream-tokens.txt')
  writeLines(
    tokensFile,
    Array.from({ length: streams }, (_, i) => tokenOf(stage, i)),
  )
  await using running = new AsyncDisposableStack()
  running.adopt(await startService(stage, 'worker'), (process) => process.stop())
  const api = running.adopt(await startService(stage, 'api'), (process) => process.stop())
  const startedMs = performance.now()
  const clients = await openClients(
    stage,
    api,
    `/api/v1/queue/position/${event.id}/stream`,
    tokensFile,
    streams,
  )
  running.defer(() => {
    for (const client of clients) client.disconnect()
  })
  const openSeconds = (performance.now() - startedMs) / 1000
  say(`  ${streams} streams are open after ${openSeconds.toFixed(1)} s`)

  await room.change({ state: 'open', releaseRatePerSecond: stage.config.QUEUE_RELEASE_PER_SECOND })
  await sleep(3000, undefined, { signal })
  const before = {
    metrics: await scrape(api.diagnosticsUrl),
    cpu: cpuSeconds(api.pid),
    reports: await reportsOf(clients),
  }
  await sleep(MEASURE_SECONDS * 1000, undefined, { signal })
  const after = {
    metrics: await scrape(api.diagnosticsUrl),
    cpu: cpuSeconds(api.pid),
    reports: await reportsOf(clients),
  }
  await room.change({ state: 'paused' })

  const ticks = growth(before.metrics, after.metrics, 'queue_stream_tick_seconds_count')
  const delivery = after.reports.flatMap(({ deliveryMs }) => deliveryMs).sort((a, b) => a - b)
  const sum = (reports: ClientReport[], of: (report: ClientReport) => number) =>
    reports.reduce((total, report) => total + of(report), 0)
  const ended = sum(after.reports, (report) => report.ended)
  return {
    streams,
    openSeconds,
    apiRssMb: rssBytes(api.pid) / 2 ** 20,
    tickCpuMs: ((after.cpu - before.cpu) * 1000) / Math.max(1, ticks),
    positionsPerSecond:
      (sum(after.reports, (report) => report.positions) - sum(before.reports, (report) => report.positions)) /
      MEASURE_SECONDS,
    passes: delivery.length,
    deliveryP50Ms: delivery[Math.floor(delivery.length / 2)] ?? Number.NaN,
    deliveryP99Ms: delivery[Math.floor(delivery.length * 0.99)] ?? Number.NaN,
    deliveryMaxMs: delivery.at(-1) ?? Number.NaN,
    faults: ended > 0 ? `${ended} streams ended` : delivery.length === 0 ? 'no pass arrived' : '',
  }
}

async function openClients(
  stage: Stage,
  api: ServiceProcess,
  path: string,
  tokensFile: string,
  streams: number,
): Promise<ChildProcess[]> {
  const clients: ChildProcess[] = []
  const opening: Promise<void>[] = []
  for (let from = 0; from < streams; from += STREAMS_PER_CLIENT) {
    const client = fork(clientScript, {
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    process.once('exit', () => void client.kill('SIGKILL'))
    const order: ClientOrder = {
      port: Number(new URL(api.url).port),
      path,
      tokensFile,
      from,
      to: Math.min(streams, from + STREAMS_PER_CLIENT),
      localAddress: `127.0.0.${clients.length + 1}`,
      passTtlMs: stage.config.QUEUE_PASS_TTL_SECONDS * 1000,
    }
    clients.push(client)
    opening.push(
      new Promise((done, fail) => {
        client.once('exit', (code) => fail(new Error(`the process of the streams ended with ${code}`)))
        client.once('message', (message) =>
          message === 'open' ? done() : fail(new Error((message as { failed: string }).failed)),
        )
      }),
    )
    client.send({ order })
  }
  await Promise.all(opening)
  return clients
}

function reportsOf(clients: ChildProcess[]): Promise<ClientReport[]> {
  return Promise.all(
    clients.map(
      (client) =>
        new Promise<ClientReport>((done) => {
          client.once('message', (message) => done((message as { report: ClientReport }).report))
          client.send('report')
        }),
    ),
  )
}

function levelLine(level: StreamLevel): string {
  const { streams, apiRssMb, tickCpuMs, positionsPerSecond, passes, deliveryP50Ms, deliveryP99Ms, faults } =
    level
  return `  ${streams} streams  rss ${apiRssMb.toFixed(0)} MB  ${tickCpuMs.toFixed(0)} ms CPU a tick  ${positionsPerSecond.toFixed(0)} positions/s  ${passes} passes after p50 ${deliveryP50Ms} p99 ${deliveryP99Ms} ms  ${faults}`
}
