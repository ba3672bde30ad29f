import { allPartitions, partitionOfEvent } from '../pipeline/partition.ts'
import type { WriteAheadLog } from '../pipeline/ports.ts'
import type {
  OpenRebuildSession,
  RebuildSession,
  RebuildSource,
  StoreInspection,
} from '../pipeline/rebuild-ports.ts'
import { Unavailable } from '../pipeline/unavailable.ts'

const ENTRIES_PER_STEP = 1000
/** Attempts to drain a partition that another persister is still writing. */
const DRAIN_ATTEMPTS = 100
const DRAIN_PAUSE_MS = 50

export type ReconcileResult =
  | { kind: 'sound' }
  /** Whoever answered may sell; others did not answer. */
  | { kind: 'partly'; away: Error }
  | { kind: 'rebuilt'; why: string }
  | { kind: 'elsewhere' }

/**
 * Makes Redis fit to sell. When something speaks against a server (it restarted, was promoted, lost keys), or when told to, that server is
 * rebuilt with all of its partitions: take the scripts away; fence off every writer that read from it before; write what its streams still
 * have; build stock, holds, limits and keys anew from PostgreSQL; let the streams go on after the cursors; give the scripts back.
 *
 * Whatever fails in between leaves the server without its scripts: it does not sell, and the next call begins again.
 *
 * @throws Unavailable
 */
export function makeReconcile(deps: {
  inspection: StoreInspection
  openSession: OpenRebuildSession
  source: RebuildSource
  log: WriteAheadLog
  idempotencyTtlMs: number
}): (force: boolean) => Promise<ReconcileResult> {
  const { inspection, openSession, source, log } = deps
  const look = async () => inspection.look(await source.generations())

  return async (force) => {
    const { suspicion, away } = await look()
    if (suspicion === null && !force) return away === null ? { kind: 'sound' } : { kind: 'partly', away }
    const done = await source.alone(async () => {
      // Whoever rebuilt it while this process waited has done the work.
      const partitions = force ? allPartitions : (await look()).suspicion?.partitions
      if (!partitions) return false
      const session = await openSession(partitions)
      try {
        await rebuild(session)
      } finally {
        session.end()
      }
      return true
    })
    const why = suspicion?.why ?? 'an administrator asked for it'
    return done === true ? { kind: 'rebuilt', why } : { kind: 'elsewhere' }
  }

  async function rebuild(session: RebuildSession): Promise<void> {
    const rebuilt = new Set(session.partitions)
    await session.close()
    const generations = await source.bumpGenerations(session.partitions)
    for (const partition of await session.waiting()) {
      await drain(session, partition, generations.get(partition) ?? 0)
    }

    const stock = (await source.stock()).filter(({ partition }) => rebuilt.has(partition))
    for (const partition of rebuilt) {
      const events = stock.filter((one) => one.partition === partition)
      await session.clear(
        partition,
        events.map(({ event }) => event.id),
      )
    }
    const isOurs = ({ eventId }: { eventId: string }) => rebuilt.has(partitionOfEvent(eventId))
    await session.writeStock(stock)
    await source.taken((rows) => session.writeTaken(rows.filter(isOurs)))
    await source.holds((holds) => session.writeHolds(holds.filter(isOurs)))
    const sinceMs = Date.now() - deps.idempotencyTtlMs
    await source.keys(sinceMs, (holds) => session.writeKeys(holds.filter(isOurs)))
    for (const [partition, cursor] of await source.cursors()) {
      if (rebuilt.has(partition)) await session.continueStream(partition, cursor)
    }
    await source.markLoaded(stock.flatMap(({ zones }) => zones.map(({ zoneId }) => zoneId)))
    await session.open(generations)
  }

  async function drain(session: RebuildSession, partition: number, generation: number): Promise<void> {
    for (let attempt = 0; attempt < DRAIN_ATTEMPTS; ) {
      const result = await log.persist(partition, async (afterId) => ({
        generation,
        entries: await session.entries(partition, afterId, ENTRIES_PER_STEP),
      }))
      if (result.kind === 'idle') return
      if (result.kind === 'written') continue
      attempt++
      await new Promise((resolve) => setTimeout(resolve, DRAIN_PAUSE_MS))
    }
    throw new Unavailable(`write-ahead stream of partition ${partition} (another process is writing it)`)
  }
}
