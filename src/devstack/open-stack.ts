import { resolve } from 'node:path'
import { isSameProcess } from './identity.ts'
import { joinStack } from './joined-stack.ts'
import type { KeeperMode } from './keeper.ts'
import { startKeeper } from './keeper-client.ts'
import { ownStack } from './owned-stack.ts'
import { withProgress } from './progress.ts'
import { providePrograms, type WantedStores } from './provide.ts'
import type { StoreName } from './record.ts'
import { isUsable, livingKeeper, readRecord, storeNames } from './record.ts'
import { waitFor } from './wait.ts'

export interface StackOptions {
  dataDir: string
  toolsDir: string
  /** The script whose `keeper` command runs runKeeper: src/main.ts. */
  mainPath: string
  want: WantedStores
  /** Install missing Debian packages without asking. */
  assumeYes: boolean
  env: NodeJS.ProcessEnv
  report: (line: string) => void
}

export interface RunningStack {
  /** Of the wanted stores only; kafkaBrokers is missing where Kafka cannot be had. */
  endpoints: { redisUrl?: string; databaseUrl?: string; kafkaBrokers?: string; prometheusUrl?: string }
  /** True once Kafka answers; false when it is not wanted or will not come up. Never rejects. */
  kafkaReady: Promise<boolean>
  /** Stops the stores when we own them, and resolves when they are gone. A stack that was up already stays up. */
  stop(): Promise<void>
}

const maxAttempts = 20
const stopTimeoutMs = 60_000

/**
 * Starts the wanted stores, or joins the stack that runs on this data directory already: attached to this process, or
 * detached, to live on until `stack down`. See startStack.
 */
export async function openStack(asked: StackOptions, mode: KeeperMode): Promise<RunningStack> {
  const options = {
    ...asked,
    dataDir: resolve(asked.dataDir),
    toolsDir: resolve(asked.toolsDir),
  }
  const want = storeNames.filter((name) => options.want[name])
  if (want.length === 0) return nothingWanted()
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const keeper = livingKeeper(readRecord(options.dataDir))
    if (keeper && isUsable(keeper)) {
      const joined = await joinStack(keeper, options)
      if (!joined) continue
      const endpoints = endpointsOf(joined.urls, want)
      return {
        endpoints,
        kafkaReady: joined.kafkaReady,
        stop: () => Promise.resolve(),
      }
    }
    if (keeper) {
      const gone = waitFor(() => !isSameProcess(keeper.process), {
        timeoutMs: stopTimeoutMs,
      })
      await withProgress(options.report, 'waiting for the last run to stop its stores', gone)
      continue
    }
    const started = await startOwn(options, want, mode)
    if (started) return started
    // Another keeper is starting: it is about to write itself down.
    await waitFor(() => livingKeeper(readRecord(options.dataDir)) !== undefined, { timeoutMs: 5_000 })
  }
  throw new Error(`the stack in ${options.dataDir} neither starts nor stops; see its logs/keeper.log`)
}

/** Undefined when another keeper was faster. */
async function startOwn(
  options: StackOptions,
  want: readonly StoreName[],
  mode: KeeperMode,
): Promise<RunningStack | undefined> {
  await providePrograms(options)
  const keeperOptions = { ...options, want, mode }
  const keeper = startKeeper(keeperOptions)
  const outcome = await keeper.started
  if (outcome.kind === 'busy') return undefined
  if (outcome.kind === 'failed') {
    await keeper.letGo()
    throw new Error(outcome.why)
  }
  const endpoints = endpointsOf(outcome.urls, want)
  if (mode === 'detached') {
    void keeper.kafkaReady.then(() => keeper.unref())
    return {
      endpoints,
      kafkaReady: keeper.kafkaReady,
      stop: () => Promise.resolve(),
    }
  }
  return { endpoints, ...ownStack(keeper, keeperOptions) }
}

function endpointsOf(
  urls: Partial<Record<StoreName, string>>,
  want: readonly StoreName[],
): RunningStack['endpoints'] {
  for (const name of want) {
    if (name === 'kafka' || urls[name] !== undefined) continue
    throw new Error(`the stack that is running has no ${name}: stop it first (npm run stack -- status)`)
  }
  const wanted = (name: StoreName): string | undefined => (want.includes(name) ? urls[name] : undefined)
  const redisUrl = wanted('redis')
  const databaseUrl = wanted('postgres')
  const kafkaBrokers = wanted('kafka')
  const prometheusUrl = wanted('prometheus')
  return {
    ...(redisUrl === undefined ? {} : { redisUrl }),
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    ...(kafkaBrokers === undefined ? {} : { kafkaBrokers }),
    ...(prometheusUrl === undefined ? {} : { prometheusUrl }),
  }
}

function nothingWanted(): RunningStack {
  return {
    endpoints: {},
    kafkaReady: Promise.resolve(false),
    stop: () => Promise.resolve(),
  }
}
