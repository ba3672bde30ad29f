import { rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { diskBytes } from './data-size.ts'
import { endLeftOver, livingStores } from './left-over.ts'
import type { StackOptions } from './open-stack.ts'
import { openStack } from './open-stack.ts'
import { withProgress } from './progress.ts'
import { livingKeeper, readRecord, storeNames, writeRecord } from './record.ts'
import { waitFor } from './wait.ts'

export interface StackCommandOptions extends Omit<StackOptions, 'want' | 'assumeYes'> {
  /** Where the results go, one line at a time: standard output. */
  print: (line: string) => void
}

const usage = `usage: npm run stack -- up [--yes] | down | status | reset
  up      start Redis, PostgreSQL and Kafka; they run on until \`down\`
  down    stop them
  status  what runs, where, and how much it keeps
  reset   stop them and delete their data`
const downTimeoutMs = 90_000

/** `npm run stack -- VERB`; resolves to the exit code: 0, 1 when it could not be done, 2 for a verb that is none. */
export async function runStackCommand(args: string[], asked: StackCommandOptions): Promise<number> {
  const options = {
    ...asked,
    dataDir: resolve(asked.dataDir),
    toolsDir: resolve(asked.toolsDir),
  }
  const [verb, ...rest] = args
  if (rest.some((word) => word !== '--yes')) return explain(options)
  switch (verb) {
    case 'up':
      return up(options, rest.includes('--yes'))
    case 'down':
      return down(options)
    case 'status':
      return status(options)
    case 'reset':
      return reset(options)
    default:
      return explain(options)
  }
}

function explain(options: StackCommandOptions): number {
  options.report(usage)
  return 2
}

async function up(options: StackCommandOptions, assumeYes: boolean): Promise<number> {
  const keeper = livingKeeper(readRecord(options.dataDir))
  if (keeper?.mode === 'attached')
    return refuse(options, 'is running with stores of its own already', keeper.owner?.pid)
  const want = { redis: true, postgres: true, kafka: true }
  const { endpoints, kafkaReady } = await openStack({ ...options, want, assumeYes }, 'detached')
  options.print(`REDIS_URL=${endpoints.redisUrl}`)
  options.print(`DATABASE_URL=${endpoints.databaseUrl}`)
  if (await kafkaReady) {
    options.print(`KAFKA_BROKERS=${endpoints.kafkaBrokers}`)
  } else {
    options.report(`without Kafka: see ${join(options.dataDir, 'logs')}`)
  }
  return 0
}

async function down(options: StackCommandOptions): Promise<number> {
  const { dataDir, report } = options
  const keeper = livingKeeper(readRecord(dataDir))
  if (keeper?.mode === 'attached') return refuse(options, 'uses these stores', keeper.owner?.pid)
  if (keeper) {
    process.kill(keeper.process.pid, 'SIGTERM')
    const isGone = (): boolean => livingKeeper(readRecord(dataDir))?.process.pid !== keeper.process.pid
    const gone = waitFor(isGone, { timeoutMs: downTimeoutMs })
    if (!(await withProgress(report, 'stopping the stores', gone))) {
      report(
        `the keeper (pid ${keeper.process.pid}) does not stop; see ${join(dataDir, 'logs', 'keeper.log')}`,
      )
      return 1
    }
  }
  // Left behind by a keeper that was killed.
  const record = readRecord(dataDir)
  await Promise.all(livingStores(record).map((name) => endLeftOver(record, name)))
  forgetProcesses(dataDir)
  report('the stores are stopped')
  return 0
}

async function reset(options: StackCommandOptions): Promise<number> {
  const code = await down(options)
  if (code !== 0) return code
  for (const name of storeNames) rmSync(join(options.dataDir, name), { recursive: true, force: true })
  options.report('their data is deleted')
  return 0
}

function status(options: StackCommandOptions): number {
  const record = readRecord(options.dataDir)
  const keeper = livingKeeper(record)
  const living = livingStores(record)
  const row = (cells: string[]): string =>
    cells
      .map((cell, at) => cell.padEnd([12, 12, 8, 7][at] ?? 0))
      .join('')
      .trimEnd()
  options.print(row(['store', 'state', 'pid', 'port', 'data']))
  for (const name of storeNames) {
    const store = record.stores[name]
    const isLiving = living.includes(name)
    const orphaned = isLiving ? 'left over' : 'stopped'
    const state = keeper ? (store?.state ?? 'stopped') : orphaned
    const pid = isLiving ? String(store?.process?.pid) : '-'
    const megabytes = `${(diskBytes(join(options.dataDir, name)) / 1024 / 1024).toFixed(1)} MB`
    options.print(row([name, state, pid, store && store.port > 0 ? String(store.port) : '-', megabytes]))
  }
  const owner = keeper?.mode === 'attached' ? `the service (pid ${keeper.owner?.pid})` : 'stack up'
  options.print(keeper ? `kept by pid ${keeper.process.pid} for ${owner}` : 'not running')
  return 0
}

function refuse(options: StackCommandOptions, what: string, ownerPid: number | undefined): number {
  options.report(`a service (pid ${ownerPid ?? 'unknown'}) ${what}: they stop with it, so stop that first`)
  return 1
}

function forgetProcesses(dataDir: string): void {
  const { stores } = readRecord(dataDir)
  for (const store of Object.values(stores)) {
    store.state = 'stopped'
    delete store.process
  }
  if (Object.keys(stores).length > 0) writeRecord(dataDir, { stores })
}
