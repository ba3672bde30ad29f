import type { WriteAheadLog, WriteAheadStream } from '../pipeline/ports.ts'
import { eachInTurn } from './each-in-turn.ts'
import { makeLoop, type Part } from './loop.ts'

export interface PersisterObserver {
  written(entries: number): void
  backlog(partitions: { partition: number; entries: number; oldestMs: number }[]): void
}

/**
 * Writes reservations from the streams to PostgreSQL. Any number of persisters may run; PostgreSQL's lock on a partition lets
 * one of them write it at a time, and its cursor says from where.
 */
export function makePersister(deps: {
  stream: WriteAheadStream
  log: WriteAheadLog
  batchMaxEntries: number
  idleMs: number
  observer: PersisterObserver
  onError: (name: string, error: unknown) => void
}): Part {
  const { stream, log, batchMaxEntries, observer } = deps

  /** @returns whether there may be more */
  async function persist(partition: number): Promise<boolean> {
    let cursor = ''
    const result = await log.persist(partition, (afterId) => {
      cursor = afterId
      return stream.read(partition, afterId, batchMaxEntries)
    })
    // Entries up to the cursor that are still there were written by a persister that died before it removed them.
    if (result.kind === 'idle') await stream.trim(partition, cursor)
    if (result.kind !== 'written') return false
    await stream.trim(partition, result.throughId)
    observer.written(result.entries)
    return result.entries === batchMaxEntries
  }

  return makeLoop({
    name: 'persister',
    idleMs: deps.idleMs,
    maxPauseMs: 1000,
    onError: deps.onError,
    async step(signal) {
      const backlog = await stream.backlog()
      observer.backlog(backlog)
      let more = false
      const waiting = backlog.filter(({ entries }) => entries > 0)
      await eachInTurn(waiting, async ({ partition }) => {
        if (!signal.aborted) more = (await persist(partition)) || more
      })
      return more ? 'more' : 'idle'
    },
  })
}
