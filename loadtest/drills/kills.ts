/** kill -9, of each process in turn. Stores come back by themselves: who keeps them starts them again on their port and data. */
import { setTimeout as sleep } from 'node:timers/promises'
import { waitFor } from '../../src/devstack/wait.ts'
import { childrenOf } from '../bench/process-usage.ts'
import type { Stage } from '../bench/stage.ts'
import type { Drill } from './drill.ts'
import { type Scene, underLoad } from './under-load.ts'

const BACK_TIMEOUT_MS = 60_000
const NOTICE_TIMEOUT_MS = 60_000
/** A store that is killed is back after a second or more; what is sold is counted from the kill on. */
const MEANWHILE_MS = 1000
/** What appendfsync everysec may leave unwritten, and what was acknowledged meanwhile. */
const REDIS_FORGETS_SECONDS = 3

function killStore({ stage }: Scene, name: 'redis' | 'postgres' | 'kafka'): void {
  const pid = stage.pids[name]
  if (pid === undefined) throw new Error(`there is no ${name} of our own`)
  process.kill(pid, 'SIGKILL')
}

async function isReady({ api }: Scene): Promise<boolean> {
  return (await fetch(`${api.url}/ready`).catch(() => null))?.ok === true
}

const apiKill: Drill = {
  name: 'api-kill',
  kind: 'fault',
  summary: 'kill -9 of one of two API processes: the other sells on, the dead one is replaced',
  run: (run) =>
    underLoad(run, {
      settings: { WEB_CONCURRENCY: '2' },
      mayHang: true,
      sellsOn: true,
      async strike({ api }) {
        const [victim] = childrenOf(api.pid)
        if (victim === undefined) throw new Error('the API has no processes of its own')
        process.kill(victim, 'SIGKILL')
        const startedMs = performance.now()
        const isReplaced = () => {
          const members = childrenOf(api.pid)
          return members.length >= 2 && !members.includes(victim)
        }
        if (!(await waitFor(isReplaced, { timeoutMs: BACK_TIMEOUT_MS })))
          throw new Error('the process was not replaced')
        return { 'replaced after': `${((performance.now() - startedMs) / 1000).toFixed(1)} s` }
      },
    }),
}

const workerKill: Drill = {
  name: 'worker-kill',
  kind: 'fault',
  summary: 'kill -9 of the worker: reservations go on, another worker writes what it left',
  run: (run) =>
    underLoad(run, {
      sellsOn: true,
      async strike({ worker, start }) {
        process.kill(worker.pid, 'SIGKILL')
        await start('worker')
        return {}
      },
    }),
}

const redisKill: Drill = {
  name: 'redis-kill',
  kind: 'fault',
  summary: 'kill -9 of Redis: nothing is sold until it is reconciled, nothing that is paid is lost',
  run: (run) =>
    underLoad(run, {
      mayForgetSeconds: REDIS_FORGETS_SECONDS,
      async strike(scene) {
        return { 'ready again after': await killedRedis(scene) }
      },
    }),
}

const redisLost: Drill = {
  name: 'redis-lost',
  kind: 'fault',
  summary: 'Redis comes back empty: it is rebuilt from PostgreSQL before anything is sold',
  run: (run) =>
    underLoad(run, {
      mayForgetSeconds: REDIS_FORGETS_SECONDS,
      async strike(scene) {
        await emptied(scene.stage)
        return { 'ready again after': await killedRedis(scene) }
      },
    }),
}

async function emptied({ tools }: Stage): Promise<void> {
  await tools.redis.run((connection) => connection.flushall())
}

/** It is ready until it notices: a refusal shows that it did, or, where that was too short to be seen, that Redis was rebuilt. */
async function killedRedis(scene: Scene): Promise<string> {
  const { tools } = scene.stage
  const rebuilt = async () => {
    const text = 'SELECT sum(generation)::int AS generations FROM generation'
    return (await tools.database.query<{ generations: number }>({ text })).rows[0]?.generations ?? 0
  }
  const before = await rebuilt()
  killStore(scene, 'redis')
  const startedMs = performance.now()
  const hasNoticed = async () => !(await isReady(scene)) || (await rebuilt()) > before
  if (!(await waitFor(hasNoticed, { timeoutMs: NOTICE_TIMEOUT_MS })))
    throw new Error('the service did not notice that its Redis was gone')
  if (!(await waitFor(() => isReady(scene), { timeoutMs: BACK_TIMEOUT_MS })))
    throw new Error('the service did not become ready')
  return `${((performance.now() - startedMs) / 1000).toFixed(1)} s`
}

const postgresKill: Drill = {
  name: 'postgres-kill',
  kind: 'fault',
  summary:
    'kill -9 of PostgreSQL: reservations go on, endings wait or are refused, the streams drain when it is back',
  run: (run) =>
    underLoad(run, {
      sellsOn: true,
      async strike(scene) {
        killStore(scene, 'postgres')
        await sleep(MEANWHILE_MS)
        return {}
      },
    }),
}

const kafkaKill: Drill = {
  name: 'kafka-kill',
  kind: 'fault',
  summary: 'kill -9 of Kafka: sales go on, its events come in order when it is back',
  run: (run) =>
    underLoad(run, {
      sellsOn: true,
      async strike(scene) {
        killStore(scene, 'kafka')
        await sleep(MEANWHILE_MS)
        return {}
      },
    }),
}

export const kills: readonly Drill[] = [apiKill, workerKill, redisKill, redisLost, postgresKill, kafkaKill]
