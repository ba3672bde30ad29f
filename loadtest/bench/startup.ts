/** How long a start takes, from the spawn to the first ticket held: everything with its stores, and each process on stores that run. */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseConfig } from '../../src/config.ts'
import { freePort } from '../../src/devstack/port.ts'
import { signToken } from '../../src/http/token.ts'
import { untilDrained } from './backlog.ts'
import type { BenchRun } from './plan.ts'
import { openSale, tokenOf } from './sale.ts'
import { type Stage, toolsDir } from './stage.ts'
import { type Spread, spreadBy } from './statistics.ts'
import { type Moments, moments, type Starting, type TimedStart, timedStart } from './timed-start.ts'

const whats = ['everything', 'worker', 'api'] as const
const states = ['cold', 'warm'] as const

export interface StartupCase {
  what: (typeof whats)[number]
  /** cold: no compiled code and, of everything, no data; warm: what the start before left. */
  state: (typeof states)[number]
  /** Milliseconds since the spawn. */
  ms: Partial<Record<keyof Moments, Spread>>
}

export interface StartupMeasured {
  cases: StartupCase[]
}

type Samples = Map<string, Moments[]>

export async function measureStartup(run: BenchRun, stage: Stage): Promise<StartupMeasured> {
  const { plan, say, signal } = run
  const event = await openSale(stage, 1)
  const zoneId = event.shows[0]?.zones[0]?.id ?? ''
  const samples: Samples = new Map()
  let user = 0

  const note = (what: StartupCase['what'], state: StartupCase['state'], { ms }: TimedStart) => {
    const key = `${what} ${state}`
    samples.set(key, [...(samples.get(key) ?? []), ms])
    const line = moments.flatMap((moment) => (ms[moment] ? [`${moment} ${seconds(ms[moment])}`] : []))
    say(`  ${key.padEnd(16)} ${line.join(', ')}`)
  }

  for (let round = 0; round < plan.rounds; round++) {
    const dir = join(stage.dir, `startup-${round}`)
    for (const state of states) {
      const whole = await startEverything(dir, signal)
      note('everything', state, whole)
      await whole.stop()
    }
    for (const state of states) {
      const worker = await timedStart(await alone(stage, 'worker', dir, signal))
      note('worker', state, worker)
      try {
        const starting = await alone(stage, 'api', dir, signal)
        const token = tokenOf(stage, user++)
        const wish = { event_id: event.id, zone_id: zoneId, quantity: 1 }
        const reserve = () => isHeld(starting.url, token, wish)
        const api = await timedStart({ ...starting, reserve })
        note('api', state, api)
        await api.stop()
        await untilDrained(stage)
      } finally {
        await worker.stop()
      }
    }
    rmSync(dir, { recursive: true, force: true })
  }
  return { cases: whats.flatMap((what) => states.map((state) => caseOf(what, state, samples))) }
}

function caseOf(what: StartupCase['what'], state: StartupCase['state'], samples: Samples): StartupCase {
  const all = samples.get(`${what} ${state}`) ?? []
  const reached = moments.filter((moment) => all.every((ms) => ms[moment] !== undefined))
  const spreads = reached.map((moment) => [moment, spreadBy(all, (ms) => ms[moment] ?? Number.NaN)])
  return { what, state, ms: Object.fromEntries(spreads) }
}

/** As `npm start` does, in a folder of its own: it seeds an on-sale where there is none. */
async function startEverything(dir: string, signal: AbortSignal): Promise<TimedStart> {
  const dataDir = join(dir, 'data')
  mkdirSync(dataDir, { recursive: true })
  const [port, diagnosticsPort] = [await freePort(), await freePort()]
  const env = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    CI: process.env['CI'],
    DATA_DIR: dataDir,
    TOOLS_DIR: toolsDir,
    PORT: `${port}`,
    DIAGNOSTICS_PORT: `${diagnosticsPort}`,
    NODE_COMPILE_CACHE: join(dir, 'compiled'),
    LOG_LEVEL: 'warn',
  }
  const { JWT_SECRET: secret, JWT_AUDIENCE: audience } = parseConfig({})
  const token = signToken({ user: 'early', role: 'customer', expiresInSeconds: 600, secret, audience })
  const url = `http://127.0.0.1:${port}`
  let wish: Wish | null = null
  const reserve = async () => {
    wish ??= await firstWish(url)
    return wish !== null && isHeld(url, token, wish)
  }
  const healthUrl = `${url}/health`
  return timedStart({
    role: 'all',
    env,
    healthUrl,
    dataDir,
    reserve,
    logPath: join(dir, 'everything.log'),
    signal,
  })
}

/** One role on the stage's stores. The code that it compiled is kept for the next start of this round. */
async function alone(
  stage: Stage,
  role: 'api' | 'worker',
  dir: string,
  signal: AbortSignal,
): Promise<Starting & { url: string }> {
  const [port, diagnosticsPort] = [await freePort(), await freePort()]
  const url = `http://127.0.0.1:${port}`
  return {
    role,
    url,
    env: {
      ...stage.env,
      PORT: `${port}`,
      DIAGNOSTICS_PORT: `${diagnosticsPort}`,
      NODE_COMPILE_CACHE: join(dir, `compiled-${role}`),
    },
    healthUrl: role === 'api' ? `${url}/health` : `http://127.0.0.1:${diagnosticsPort}/health`,
    logPath: join(dir, `${role}.log`),
    signal,
  }
}

interface Wish {
  event_id: string
  zone_id: string
  quantity: number
}

interface Listed {
  id: string
  queue_required: boolean
  shows: { zones: { id: string }[] }[]
}

/** A seat of the first event that sells without a queue. */
async function firstWish(url: string): Promise<Wish | null> {
  const response = await fetch(`${url}/api/v1/events`)
  if (!response.ok) return null
  const { items } = (await response.json()) as { items: Listed[] }
  const event = items.find(({ queue_required }) => !queue_required)
  const zone = event?.shows[0]?.zones[0]
  return event && zone ? { event_id: event.id, zone_id: zone.id, quantity: 1 } : null
}

async function isHeld(url: string, token: string, wish: Wish): Promise<boolean> {
  const response = await fetch(`${url}/api/v1/bookings/reserve`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(wish),
  })
  await response.body?.cancel()
  return response.status === 201
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`
