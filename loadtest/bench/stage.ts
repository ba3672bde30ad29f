/** The stores that a benchmark runs on: real ones of its own in a folder of their own, gone afterwards. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { openTools, type Tools } from '../../src/commands/tools.ts'
import { type Environment, parseConfig, type Settings } from '../../src/config.ts'
import { freePort } from '../../src/devstack/port.ts'
import { prometheusConfigPath } from '../../src/devstack/prometheus.ts'
import {
  livingKeeper,
  readRecord,
  type StackRecord,
  type StoreName,
  storeNames,
  writeRecord,
} from '../../src/devstack/record.ts'
import { startStack } from '../../src/devstack/stack.ts'
import { CannotRun } from '../cannot-run.ts'

const root = resolve(import.meta.dirname, '../..')
export const mainPath = join(root, 'src/main.ts')
export const toolsDir = join(root, '.tools')
export const benchDir = join(root, '.data/bench')

/** Holds of a benchmark outlive it: what expires is another load. Everything else is as the service has it by itself. */
const HOLD_TTL_SECONDS = '86400'

export interface Stage {
  /** For logs and files of the run. */
  dir: string
  /** What processes of the service are started with; nothing of the caller's own settings is in it. */
  env: Environment
  config: Settings
  tools: Tools
  /** Pids of the stores. */
  pids: Readonly<Partial<Record<StoreName, number>>>
  /** Where one was asked for. */
  prometheusUrl: string | undefined
  close(): Promise<void>
}

/** @throws when a store cannot be had */
export async function openStage(options: {
  kafka: boolean
  assumeYes: boolean
  report: (line: string) => void
  /** Starts a Prometheus, too: its configuration, made for the folder that it runs in. */
  prometheus?: (dir: string) => string
}): Promise<Stage> {
  mkdirSync(benchDir, { recursive: true })
  removeLeftOvers()
  const dir = mkdtempSync(join(benchDir, 'run-'))
  await choosePorts(dir)
  if (options.prometheus) {
    const prometheusDir = join(dir, 'prometheus')
    mkdirSync(prometheusDir)
    writeFileSync(prometheusConfigPath(prometheusDir), options.prometheus(prometheusDir))
  }
  const prometheus = options.prometheus !== undefined
  const want = { redis: true, postgres: true, kafka: options.kafka, prometheus }
  const stack = await startStack({ ...options, dataDir: dir, toolsDir, mainPath, want, env: process.env })
  const close = async () => {
    await stack.stop()
    rmSync(dir, { recursive: true, force: true })
  }
  try {
    if (options.kafka && !(await stack.kafkaReady))
      throw new CannotRun('Kafka did not start: see the lines above')
    const { redisUrl = '', databaseUrl = '', kafkaBrokers = '' } = stack.endpoints
    const env: Environment = {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      REDIS_URL: redisUrl,
      DATABASE_URL: databaseUrl,
      KAFKA_BROKERS: kafkaBrokers,
      HOLD_TTL_SECONDS,
      LOG_LEVEL: 'warn',
    }
    const config = parseConfig(env)
    const tools = await openTools(config)
    await tools.reconcile(false)
    const { stores } = readRecord(dir)
    const pids = Object.fromEntries(
      Object.entries(stores).flatMap(([name, store]) => (store.process ? [[name, store.process.pid]] : [])),
    )
    const closeTools = async () => {
      await tools.close()
      await close()
    }
    const { prometheusUrl } = stack.endpoints
    return { dir, env, config, tools, pids, prometheusUrl, close: closeTools }
  } catch (error) {
    await close()
    throw error
  }
}

/** Runs beside each other do not reach for the same usual ports at the same instant. */
async function choosePorts(dir: string): Promise<void> {
  const stores: StackRecord['stores'] = {}
  for (const name of storeNames) stores[name] = { port: await freePort(), state: 'stopped' }
  writeRecord(dir, { stores })
}

/** One that was just made has nobody who keeps it yet. */
const NEW_FOR_MS = 60_000

/** Folders of runs that were killed: their stores ended with them. */
function removeLeftOvers(): void {
  for (const name of readdirSync(benchDir).filter((entry) => entry.startsWith('run-'))) {
    const dir = join(benchDir, name)
    const madeMs = statSync(dir, { throwIfNoEntry: false })?.birthtimeMs ?? 0
    if (Date.now() - madeMs > NEW_FOR_MS && livingKeeper(readRecord(dir)) === undefined) removeIfPossible(dir)
  }
}

/** A drill that was killed may have left a small disk mounted in it: whoever comes later is not kept from running by that. */
function removeIfPossible(dir: string): void {
  try {
    rmSync(dir, { recursive: true, force: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error
  }
}
