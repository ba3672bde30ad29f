import type { Logger } from 'pino'
import { Unavailable } from '../pipeline/unavailable.ts'

export type ServiceLog = Logger

/** Reports failures of background work: the first of a kind at once, then one line in ten seconds with their number. */
export function makeErrorReporter(log: ServiceLog, count: (worker: string) => void) {
  const QUIET_MS = 10_000
  const last = new Map<string, { atMs: number; unreported: number }>()
  return (worker: string, error: unknown): void => {
    count(worker)
    const now = performance.now()
    const entry = last.get(worker)
    if (entry && now - entry.atMs < QUIET_MS) {
      entry.unreported++
      return
    }
    last.set(worker, { atMs: now, unreported: 0 })
    const more = entry?.unreported ?? 0
    // A store that is away needs a line; anything else is a defect and needs its stack.
    const what = error instanceof Unavailable ? { why: reasons(error) } : { err: error }
    log.warn({ worker, ...what, more }, 'background work failed; it is tried again')
  }
}

function reasons(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : `${error.message}: ${reasons(error.cause)}`
}
