/** Runs ceiling-server.ts and measures it. Nothing is behind it, so the whole machine is its own. */
import { resolve } from 'node:path'
import type { CatalogueEvent } from '../../src/catalogue/model.ts'
import { freePort } from '../../src/devstack/port.ts'
import { inventoryKey } from '../../src/redis/keys.ts'
import { cpuSeconds, endedChildrenCpuSeconds } from './process-usage.ts'
import { type NodeProcess, startNode } from './service-process.ts'
import type { Stage } from './stage.ts'
import { runWrk } from './wrk.ts'

export interface CeilingSample {
  connections: number
  perSecond: number
  p50Ms: number
  p95Ms: number
  p99Ms: number
  cpuMicros: { server: number; redis: number; wrk: number }
}

/** A database of the same Redis that no worker looks at: the ceiling's entries go nowhere. */
const DATABASE = 1
/** A command that takes over 100 ms is given up, here as in the service; more than a few of them are a defect. */
const LEAST_DONE = 0.9
const PATH = '/api/v1/bookings/reserve'

export interface Ceiling {
  measure(connections: number, seconds: number): Promise<CeilingSample>
  stop(): Promise<void>
}

export async function openCeiling(
  stage: Stage,
  event: CatalogueEvent,
  wrkArgs: readonly string[],
  signal: AbortSignal,
): Promise<Ceiling> {
  const server = await startCeilingServer(stage, event)
  return {
    async measure(connections, seconds) {
      await loadStock(stage, event)
      const cpu = () => ({
        server: cpuSeconds(server.pid),
        redis: cpuSeconds(stage.pids.redis ?? 0),
        wrk: endedChildrenCpuSeconds(),
      })
      const before = cpu()
      const url = server.url + PATH
      const wrk = await runWrk({ script: 'reserve', scriptArgs: wrkArgs, url, connections, seconds, signal })
      const after = cpu()
      const done = wrk.requests - wrk.not_2xx
      if (done < wrk.requests * LEAST_DONE)
        throw new Error(`${wrk.not_2xx} of ${wrk.requests} requests to the ceiling failed`)
      const micros = (name: keyof typeof before) => ((after[name] - before[name]) * 1e6) / done
      return {
        connections,
        perSecond: done / wrk.seconds,
        p50Ms: wrk.p50_ms,
        p95Ms: wrk.p95_ms,
        p99Ms: wrk.p99_ms,
        cpuMicros: { server: micros('server'), redis: micros('redis'), wrk: micros('wrk') },
      }
    },
    stop: () => server.stop(),
  }
}

async function startCeilingServer(stage: Stage, event: CatalogueEvent): Promise<NodeProcess> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const args = [
    resolve(import.meta.dirname, 'ceiling-server.ts'),
    `${port}`,
    `${stage.config.REDIS_URL}/${DATABASE}`,
    event.shows[0]?.id ?? '',
  ]
  const started = await startNode({
    args,
    name: 'ceiling',
    env: stage.env,
    healthUrl: `${url}/health`,
    dir: stage.dir,
  })
  return { ...started, url }
}

/** Puts a full event into the ceiling's own database, and nothing else. */
async function loadStock({ tools }: Stage, event: CatalogueEvent): Promise<void> {
  const key = inventoryKey(event.id)
  await tools.redis.run((connection) =>
    connection
      .multi()
      .select(DATABASE)
      .flushdb('SYNC')
      .select(0)
      .call('COPY', key, key, 'DB', `${DATABASE}`)
      .exec(),
  )
}
