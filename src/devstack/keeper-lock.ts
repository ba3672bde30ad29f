import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ProcessIdentity } from './identity.ts'
import { identify, isSameProcess } from './identity.ts'

/**
 * Lets one keeper at a time own a data directory. Returns a function that gives the lock back, or undefined while
 * another living keeper has it. A lock whose holder died is taken over.
 */
export function takeKeeperLock(dataDir: string): (() => void) | undefined {
  const path = join(dataDir, 'keeper.lock')
  const mine = `${path}.${process.pid}`
  const self = identify(process.pid, dataDir)
  if (!self) throw new Error(`a keeper's command line must name its data directory ${dataDir}`)
  writeFileSync(mine, JSON.stringify(self))
  try {
    // A hard link exists whole or not at all, and its creation fails when the name is taken.
    if (tryLink(mine, path)) return () => rmSync(path, { force: true })
    if (holderLives(path)) return undefined
    breakDeadLock(path)
    return tryLink(mine, path) ? () => rmSync(path, { force: true }) : undefined
  } finally {
    rmSync(mine, { force: true })
  }
}

/** Renames before it looks again: two keepers that both saw a dead lock must not remove each other's new one. */
function breakDeadLock(path: string): void {
  const aside = `${path}.dead-${process.pid}`
  try {
    renameSync(path, aside)
  } catch {
    return
  }
  if (holderLives(aside)) tryLink(aside, path)
  rmSync(aside, { force: true })
}

function holderLives(path: string): boolean {
  try {
    return isSameProcess(JSON.parse(readFileSync(path, 'utf8')) as ProcessIdentity)
  } catch {
    return false
  }
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch {
    return false
  }
}
