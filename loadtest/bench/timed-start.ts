/** A process from its spawn to its first sale, with the moments between. */
import { spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { openLog, tailLog } from '../../src/devstack/log-file.ts'
import { readRecord, type StoreName } from '../../src/devstack/record.ts'
import { SERVICE_FLAGS } from './service-process.ts'
import { mainPath } from './stage.ts'

export const moments = ['redis', 'postgres', 'kafka', 'answers', 'ready', 'sells'] as const
/** Stores run; /health is answered at all, and with 200; the first 201. Milliseconds since the spawn. */
export type Moments = Partial<Record<(typeof moments)[number], number>>

export interface Starting {
  role: 'all' | 'api' | 'worker'
  env: Readonly<Record<string, string | undefined>>
  healthUrl: string
  /** Where the process starts stores of its own: their record is here. */
  dataDir?: string
  /** Tries to reserve a seat; without it the start is over when it is ready. @returns whether one was */
  reserve?: () => Promise<boolean>
  logPath: string
  signal: AbortSignal
}

export interface TimedStart {
  ms: Moments
  /** @throws when it does not end by itself in time; it is killed then */
  stop(): Promise<void>
}

const LOOK_EVERY_MS = 10
const GIVE_UP_MS = 180_000
const STOP_MS = 60_000
const REQUEST_MS = 2000
const storeNames: readonly (StoreName & keyof Moments)[] = ['redis', 'postgres', 'kafka']

/** @throws when it ends, or is not there after three minutes */
export async function timedStart(starting: Starting): Promise<TimedStart> {
  const { role, env, healthUrl, dataDir, reserve, logPath, signal } = starting
  const log = openLog(logPath)
  const startedMs = performance.now()
  const child = spawn(process.execPath, [...SERVICE_FLAGS, mainPath, 'start', role], {
    env: { ...env },
    detached: true,
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  let hasEnded = false
  const ended = new Promise<void>((done) => {
    child.once('error', () => done())
    child.once('exit', () => done())
  }).then(() => {
    hasEnded = true
    process.off('exit', kill)
  })
  const ms: Moments = {}
  const passed = () => performance.now() - startedMs
  const note = (moment: keyof Moments) => {
    ms[moment] ??= passed()
  }

  async function stop(): Promise<void> {
    child.kill('SIGTERM')
    const timer = setTimeout(kill, STOP_MS)
    await ended
    clearTimeout(timer)
    if (child.signalCode === 'SIGKILL') throw new Error(`${role} did not stop; see ${logPath}`)
  }

  async function look(): Promise<void> {
    const stores = dataDir === undefined ? {} : readRecord(dataDir).stores
    for (const name of storeNames) if (stores[name]?.state === 'running') note(name)
    if (ms.ready === undefined) {
      const status = await statusOf(healthUrl)
      if (status !== null) note('answers')
      if (status === 200) note('ready')
    }
    if (ms.ready !== undefined && ms.sells === undefined && (await reserve?.().catch(() => false)))
      note('sells')
  }

  const last = reserve ? 'sells' : 'ready'
  try {
    while (ms[last] === undefined || isStarting(dataDir)) {
      signal.throwIfAborted()
      if (hasEnded) throw new Error(`${role} ended; the end of its log:\n${tailLog(logPath)}`)
      if (passed() > GIVE_UP_MS)
        throw new Error(`${role} did not start; the end of its log:\n${tailLog(logPath)}`)
      await look()
      await sleep(LOOK_EVERY_MS)
    }
  } catch (error) {
    if (!hasEnded) await stop().catch(() => {})
    throw error
  }
  return { ms, stop }
}

/** The sale does not wait for Kafka. */
function isStarting(dataDir: string | undefined): boolean {
  return dataDir !== undefined && readRecord(dataDir).stores.kafka?.state === 'starting'
}

async function statusOf(url: string): Promise<number | null> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(REQUEST_MS) })
    await response.body?.cancel()
    return response.status
  } catch {
    return null
  }
}
