import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ProcessIdentity } from './identity.ts'
import { isSameProcess } from './identity.ts'

export type StoreName = 'redis' | 'postgres' | 'kafka' | 'prometheus'
export const storeNames: readonly StoreName[] = ['redis', 'postgres', 'kafka', 'prometheus']

export type StoreState = 'starting' | 'running' | 'restarting' | 'failed' | 'unavailable' | 'stopped'

export interface StoreRecord {
  port: number
  state: StoreState
  process?: ProcessIdentity | undefined
}

/** The keeper that owns the stores; `owner` is the service that an attached keeper dies with. */
export interface KeeperRecord {
  process: ProcessIdentity
  mode: 'attached' | 'detached'
  owner?: ProcessIdentity | undefined
  state: 'starting' | 'running' | 'stopping'
}

/** `.data/stack.json`. Only the keeper writes it (and `stack down`, when no keeper lives). */
export interface StackRecord {
  keeper?: KeeperRecord | undefined
  stores: Partial<Record<StoreName, StoreRecord>>
}

/** Reads stack.json; one that is missing or damaged counts as empty: ports are chosen anew and nothing is killed. */
export function readRecord(dataDir: string): StackRecord {
  try {
    const parsed: unknown = JSON.parse(readFileSync(join(dataDir, 'stack.json'), 'utf8'))
    if (typeof parsed === 'object' && parsed !== null && 'stores' in parsed && isObject(parsed.stores)) {
      return parsed as StackRecord
    }
  } catch {
    // Falls through to the empty record.
  }
  return { stores: {} }
}

/** Replaces stack.json in one step, so that a reader never sees half of it. */
export function writeRecord(dataDir: string, record: StackRecord): void {
  const path = join(dataDir, 'stack.json')
  const temporary = `${path}.${process.pid}`
  writeFileSync(temporary, `${JSON.stringify(record, null, 2)}\n`)
  renameSync(temporary, path)
}

/** The keeper of this record when it lives, whatever its state. */
export function livingKeeper(record: StackRecord): KeeperRecord | undefined {
  return record.keeper && isSameProcess(record.keeper.process) ? record.keeper : undefined
}

/** True while the keeper lives and will go on living: an attached one whose owner died is about to stop. */
export function isUsable(keeper: KeeperRecord): boolean {
  if (keeper.state === 'stopping') return false
  return keeper.owner === undefined || isSameProcess(keeper.owner)
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}
