import { isSameProcess } from './identity.ts'
import type { StackRecord, StoreName } from './record.ts'
import { storeNames } from './record.ts'
import type { StopRule } from './server-process.ts'
import { adoptServer } from './server-process.ts'

const stopRules: Readonly<Record<StoreName, StopRule>> = {
  redis: { signal: 'SIGTERM', timeoutMs: 10_000 },
  postgres: { signal: 'SIGINT', timeoutMs: 30_000 },
  kafka: { signal: 'SIGTERM', timeoutMs: 20_000 },
  prometheus: { signal: 'SIGTERM', timeoutMs: 10_000 },
}

/** The stores of this record whose recorded process still lives; a pid that is now somebody else's does not count. */
export function livingStores(record: StackRecord): StoreName[] {
  return storeNames.filter((name) => {
    const process = record.stores[name]?.process
    return process !== undefined && isSameProcess(process)
  })
}

/** Ends one store that outlived its keeper. Does nothing when the recorded pid is not provably that store. */
export async function endLeftOver(record: StackRecord, name: StoreName): Promise<void> {
  const identity = record.stores[name]?.process
  if (identity && isSameProcess(identity)) await adoptServer(identity, stopRules[name]).stop()
}
