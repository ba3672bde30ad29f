/** What a network does: slow, gone without a word, leading to a copy that is behind. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { openTools } from '../../src/commands/tools.ts'
import { parseConfig } from '../../src/config.ts'
import { freePort } from '../../src/devstack/port.ts'
import { launchRedis } from '../../src/devstack/redis.ts'
import { waitFor } from '../../src/devstack/wait.ts'
import type { Stage } from '../bench/stage.ts'
import type { Drill, DrillOutcome, DrillRun } from './drill.ts'
import { type Link, openLink } from './tcp-proxy.ts'
import { underLoad } from './under-load.ts'

const SLOW_MS = 100
const FAULT_MS = 6000
const BEHIND_MS = 2000
const SYNC_TIMEOUT_MS = 30_000

type Store = 'REDIS_URL' | 'DATABASE_URL'

/** Everything that is of the service, its tools too, goes through the link. */
async function throughLink(
  run: DrillRun,
  store: Store,
  drill: (run: DrillRun, link: Link) => Promise<DrillOutcome>,
): Promise<DrillOutcome> {
  const url = new URL(run.stage.env[store] ?? '')
  const link = await openLink(Number(url.port))
  url.port = `${link.port}`
  const env = { ...run.stage.env, [store]: url.href }
  const config = parseConfig(env)
  const tools = await openTools(config)
  const stage: Stage = { ...run.stage, env, config, tools }
  try {
    return await drill({ ...run, stage }, link)
  } finally {
    await tools.close()
    await link.close()
  }
}

const postgresSlow: Drill = {
  name: 'postgres-slow',
  kind: 'fault',
  summary: `every packet to and from PostgreSQL takes ${SLOW_MS} ms more: reservations go on`,
  run: (run) =>
    throughLink(run, 'DATABASE_URL', (inner, link) =>
      underLoad(inner, {
        sellsOn: true,
        async strike() {
          link.delay(SLOW_MS)
          await sleep(FAULT_MS)
          link.delay(0)
          return { 'slow for': `${FAULT_MS / 1000} s` }
        },
      }),
    ),
}

const networkCut: Drill = {
  name: 'network-cut',
  kind: 'fault',
  summary:
    'the network to Redis swallows everything: requests are refused in time, and it sells again when it is back',
  run: (run) =>
    throughLink(run, 'REDIS_URL', (inner, link) =>
      underLoad(inner, {
        async strike() {
          link.cut()
          await sleep(FAULT_MS)
          link.mend()
          return { 'cut for': `${FAULT_MS / 1000} s` }
        },
      }),
    ),
}

const staleReplica: Drill = {
  name: 'stale-replica',
  kind: 'fault',
  summary:
    'a replica that is two seconds behind takes over: it is reconciled with PostgreSQL before it sells',
  run: (run) =>
    throughLink(run, 'REDIS_URL', async (inner, link) => {
      const masterPort = Number(new URL(run.stage.env['REDIS_URL'] ?? '').port)
      const port = await freePort()
      const dir = join(run.stage.dir, 'replica')
      mkdirSync(dir, { recursive: true })
      const replica = await launchRedis({
        port,
        dir,
        logPath: join(run.stage.dir, 'logs', 'replica.log'),
        env: process.env,
        signal: run.signal,
        args: ['--replicaof', `127.0.0.1 ${masterPort}`],
      })
      const client = new Redis(port, { maxRetriesPerRequest: 0 })
      client.on('error', () => {})
      try {
        return await underLoad(inner, {
          // What was acknowledged while it was behind and had not reached PostgreSQL, and what Redis may forget anyway.
          mayForgetSeconds: BEHIND_MS / 1000 + 1,
          async strike() {
            const isSynced = async () => (await client.info('replication')).includes('master_link_status:up')
            if (!(await waitFor(isSynced, { timeoutMs: SYNC_TIMEOUT_MS })))
              throw new Error('the replica did not sync')
            await client.replicaof('NO', 'ONE')
            await sleep(BEHIND_MS)
            link.leadTo(port)
            return { 'writes that the replica did not get': `${BEHIND_MS / 1000} s` }
          },
        })
      } finally {
        client.disconnect()
        await replica.stop()
      }
    }),
}

export const links: readonly Drill[] = [postgresSlow, networkCut, staleReplica]
