import { isSameProcess } from './identity.ts'
import { withProgress } from './progress.ts'
import type { KeeperRecord, StoreName } from './record.ts'
import { readRecord, storeNames } from './record.ts'
import { storePlan } from './store-plan.ts'
import { waitFor } from './wait.ts'

export interface JoinOptions {
  dataDir: string
  toolsDir: string
  env: NodeJS.ProcessEnv
  report: (line: string) => void
}

export interface JoinedStack {
  urls: Partial<Record<StoreName, string>>
  kafkaReady: Promise<boolean>
}

const startTimeoutMs = 180_000
// The first start may have to fetch Kafka's jars.
const kafkaTimeoutMs = 20 * 60_000

/** Uses the stores of a keeper that somebody else started. Undefined when that keeper goes away before they are up. */
export async function joinStack(
  keeper: KeeperRecord,
  options: JoinOptions,
): Promise<JoinedStack | undefined> {
  const { dataDir, report } = options
  const isUp = (): boolean =>
    readRecord(dataDir).keeper?.state !== 'starting' || !isSameProcess(keeper.process)
  await withProgress(report, 'waiting for the running stack', waitFor(isUp, { timeoutMs: startTimeoutMs }))
  const record = readRecord(dataDir)
  if (record.keeper?.state !== 'running' || record.keeper.process.pid !== keeper.process.pid) return undefined
  const urls: Partial<Record<StoreName, string>> = {}
  for (const name of storeNames) {
    const store = record.stores[name]
    const isThere = store !== undefined && !['unavailable', 'failed', 'stopped'].includes(store.state)
    if (isThere) urls[name] = storePlan(name, options).url(store.port)
  }
  return { urls, kafkaReady: untilKafka(keeper, dataDir) }
}

async function untilKafka(keeper: KeeperRecord, dataDir: string): Promise<boolean> {
  const kafkaState = (): string => readRecord(dataDir).stores.kafka?.state ?? 'unavailable'
  const isSettled = (): boolean =>
    ['running', 'failed', 'unavailable', 'stopped'].includes(kafkaState()) || !isSameProcess(keeper.process)
  return (await waitFor(isSettled, { timeoutMs: kafkaTimeoutMs })) && kafkaState() === 'running'
}
