/** A queue of half a million: how fast it is joined, asked and emptied, and what it weighs. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BenchRun } from './plan.ts'
import { cpuSeconds } from './process-usage.ts'
import { openSale, tokenOf, userName, writeLines } from './sale.ts'
import { type ServiceProcess, startService } from './service-process.ts'
import type { Stage } from './stage.ts'
import { type Spread, spreadBy } from './statistics.ts'
import { openWaitingRoom, type WaitingRoom } from './waiting-room.ts'
import { runWrk } from './wrk.ts'

export interface RequestSample {
  perSecond: number
  p50Ms: number
  p99Ms: number
  apiCpuMicros: number
  redisCpuMicros: number
  failed: number
}

export interface RequestSpread {
  perSecond: Spread
  p50Ms: Spread
  p99Ms: Spread
  apiCpuMicros: Spread
  redisCpuMicros: Spread
  failed: number
}

export interface QueueMeasured {
  waiting: number
  connections: number
  /** Joins by the script alone, over one connection of the bench's own process. */
  scriptJoinsPerSecond: number
  /** Memory of Redis for each person who waits. */
  bytesPerWaiting: number
  joins: RequestSpread
  polls: RequestSpread
  /** What the rate is set to, and what a worker process did over so many seconds. */
  rate: { set: number; seconds: number; measured: number; redisCpuPercent: number }
}

const RATE_SECONDS = 30

export async function measureQueue(run: BenchRun, stage: Stage): Promise<QueueMeasured> {
  const { plan, say, signal } = run
  const event = await openSale(stage, 1)
  const room = await openWaitingRoom(stage, event)
  await using running = new AsyncDisposableStack()
  const api = running.adopt(
    await startService(stage, 'api', { RATE_LIMIT_JOIN_PER_SECOND: '0' }),
    (process) => process.stop(),
  )

  const before = await usedMemory(stage)
  const scriptJoinsPerSecond = await room.fill(userName, 0, plan.waiting)
  const bytesPerWaiting = ((await usedMemory(stage)) - before) / plan.waiting
  say(
    `  ${plan.waiting} wait: ${scriptJoinsPerSecond.toFixed(0)} joins/s, ${bytesPerWaiting.toFixed(0)} bytes each`,
  )

  const tokens = join(stage.dir, 'queue-tokens.txt')
  const bodies = join(stage.dir, 'queue-bodies.txt')
  writeLines(bodies, [JSON.stringify({ event_id: event.id })])
  const writeTokens = (from: number, count: number, step: number) =>
    writeLines(
      tokens,
      Array.from({ length: count }, (_, i) => tokenOf(stage, from + i * step)),
    )
  const load = { stage, api, connections: plan.poolConnections, signal }
  const joins: RequestSample[] = []
  const polls: RequestSample[] = []
  let joined = plan.waiting
  for (let round = -1; round < plan.rounds; round++) {
    const seconds = round < 0 ? 2 : plan.seconds
    writeTokens(joined, plan.users, 1)
    joined += plan.users
    const path = '/api/v1/queue/join'
    const joining = await measureRequests({
      ...load,
      script: 'reserve',
      scriptArgs: [tokens, bodies],
      path,
      seconds,
    })
    writeTokens(0, plan.users, Math.max(1, Math.floor(plan.waiting / plan.users)))
    const asked = `/api/v1/queue/position/${event.id}`
    const polling = await measureRequests({
      ...load,
      script: 'position',
      scriptArgs: [tokens],
      path: asked,
      seconds,
    })
    if (round < 0) continue
    joins.push(joining)
    polls.push(polling)
    say(line('joins', joining))
    say(line('polls', polling))
  }
  return {
    waiting: plan.waiting,
    connections: plan.poolConnections,
    scriptJoinsPerSecond,
    bytesPerWaiting,
    joins: spreadOfRequests(joins),
    polls: spreadOfRequests(polls),
    rate: await measureRate(run, stage, room),
  }
}

interface Requests {
  stage: Stage
  api: ServiceProcess
  script: 'reserve' | 'position'
  scriptArgs: string[]
  path: string
  seconds: number
  connections: number
  signal: AbortSignal
}

async function measureRequests(options: Requests): Promise<RequestSample> {
  const { stage, api, path } = options
  const redis = stage.pids.redis ?? 0
  const [apiBefore, redisBefore] = [cpuSeconds(api.pid), cpuSeconds(redis)]
  const wrk = await runWrk({ ...options, url: api.url + path })
  const done = Math.max(1, wrk.requests - wrk.not_2xx)
  return {
    perSecond: done / wrk.seconds,
    p50Ms: wrk.p50_ms,
    p99Ms: wrk.p99_ms,
    apiCpuMicros: ((cpuSeconds(api.pid) - apiBefore) * 1e6) / done,
    redisCpuMicros: ((cpuSeconds(redis) - redisBefore) * 1e6) / done,
    failed: wrk.not_2xx + wrk.socket_errors + wrk.timeouts,
  }
}

/** A worker lets people in at the rate that the contract names, with everybody else still waiting. */
async function measureRate({ say, signal }: BenchRun, stage: Stage, room: WaitingRoom) {
  await using running = new AsyncDisposableStack()
  // Nobody here listens: the sweep would pass everybody over.
  running.adopt(await startService(stage, 'worker', { QUEUE_LISTEN_SECONDS: '86400' }), (process) =>
    process.stop(),
  )
  const set = stage.config.QUEUE_RELEASE_PER_SECOND
  await room.change({ state: 'open', releaseRatePerSecond: set })
  await sleep(2000, undefined, { signal })
  const read = async () => ({ released: (await room.look())?.released ?? 0, atMs: await redisNowMs(stage) })
  const [before, cpuBefore] = [await read(), cpuSeconds(stage.pids.redis ?? 0)]
  await sleep(RATE_SECONDS * 1000, undefined, { signal })
  const [after, cpuAfter] = [await read(), cpuSeconds(stage.pids.redis ?? 0)]
  const seconds = (after.atMs - before.atMs) / 1000
  const measured = (after.released - before.released) / seconds
  say(`  ${set}/s set, ${measured.toFixed(1)}/s let in over ${seconds.toFixed(1)} s`)
  return { set, seconds, measured, redisCpuPercent: ((cpuAfter - cpuBefore) / seconds) * 100 }
}

async function redisNowMs({ tools }: Stage): Promise<number> {
  const [seconds, micros] = await tools.redis.run((redis) => redis.time())
  return Number(seconds) * 1000 + Number(micros) / 1000
}

async function usedMemory({ tools }: Stage): Promise<number> {
  const info = await tools.redis.run((redis) => redis.info('memory'))
  return Number(/^used_memory:(\d+)/m.exec(info)?.[1] ?? 0)
}

function spreadOfRequests(samples: RequestSample[]): RequestSpread {
  return {
    perSecond: spreadBy(samples, ({ perSecond }) => perSecond),
    p50Ms: spreadBy(samples, ({ p50Ms }) => p50Ms),
    p99Ms: spreadBy(samples, ({ p99Ms }) => p99Ms),
    apiCpuMicros: spreadBy(samples, ({ apiCpuMicros }) => apiCpuMicros),
    redisCpuMicros: spreadBy(samples, ({ redisCpuMicros }) => redisCpuMicros),
    failed: samples.reduce((sum, { failed }) => sum + failed, 0),
  }
}

function line(name: string, sample: RequestSample): string {
  const { perSecond, p50Ms, p99Ms, apiCpuMicros, redisCpuMicros, failed } = sample
  return `  ${name} ${perSecond.toFixed(0).padStart(6)}/s  p50 ${p50Ms.toFixed(1)} p99 ${p99Ms.toFixed(1)} ms  api ${apiCpuMicros.toFixed(0)} redis ${redisCpuMicros.toFixed(0)} µs  failed ${failed}`
}
