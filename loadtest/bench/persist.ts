import type { CatalogueEvent } from '../../src/catalogue/model.ts'
import { partitionOfEvent } from '../../src/pipeline/partition.ts'
import { makeWriteAheadStream } from '../../src/redis/write-ahead-stream.ts'
import { makePersister } from '../../src/workers/persister.ts'
import { reserveMany } from './fill.ts'
import type { BenchRun } from './plan.ts'
import { cpuSeconds, treeCpuSeconds } from './process-usage.ts'
import { openSale } from './sale.ts'
import type { Stage } from './stage.ts'
import { leaders, type Spread, spreadBy } from './statistics.ts'

export interface PersistCase {
  name: string
  events: number
  partitions: number
  batchMaxEntries: number
  rowsPerSecond: Spread
  /** CPU a row, µs. */
  persisterCpuMicros: Spread
  postgresCpuMicros: Spread
}

export interface PersistMeasured {
  entriesPerMeasurement: number
  cases: PersistCase[]
  /** The batch size whose slower case is the fastest, and that case's rows. */
  bestBatchMaxEntries: number
  bestRowsPerSecond: Spread
  /** Sizes that were not told apart from it, itself among them. */
  tied: string
}

interface Sample {
  rowsPerSecond: number
  persisterCpuMicros: number
  postgresCpuMicros: number
}

/**
 * The persister alone, on entries that were reserved before it starts: no API, no relay. Batch sizes take turns, and every other
 * round goes through them backwards, because the tables grow under way.
 */
export async function measurePersist(
  { plan, signal, say }: BenchRun,
  stage: Stage,
): Promise<PersistMeasured> {
  const events: CatalogueEvent[] = []
  for (let i = 0; i < plan.persistEvents; i++) events.push(await openSale(stage, 1))
  const shapes = [
    { name: 'one hot event', events: events.slice(0, 1) },
    { name: 'many events', events },
  ]
  const cases = shapes.flatMap((shape) =>
    plan.batchSizes.map((batchMaxEntries) => ({ ...shape, batchMaxEntries, samples: [] as Sample[] })),
  )
  for (let round = 0; round < plan.rounds; round++) {
    for (const one of round % 2 === 0 ? cases : cases.toReversed()) {
      signal.throwIfAborted()
      await reserveMany(stage, one.events, plan.users, plan.entriesPerMeasurement)
      const sample = await persistAll(stage, one.batchMaxEntries, plan.entriesPerMeasurement, signal)
      one.samples.push(sample)
      say(`  ${one.name.padEnd(14)} batches of ${String(one.batchMaxEntries).padStart(5)}  ${lineOf(sample)}`)
      // Nobody relays here: what waits for Kafka would only grow.
      await stage.tools.database.query({ text: 'TRUNCATE outbox' })
    }
  }
  const summarized = cases.map(({ samples, ...one }) => ({
    name: one.name,
    events: one.events.length,
    partitions: new Set(one.events.map(({ id }) => partitionOfEvent(id))).size,
    batchMaxEntries: one.batchMaxEntries,
    rowsPerSecond: spreadBy(samples, ({ rowsPerSecond }) => rowsPerSecond),
    persisterCpuMicros: spreadBy(samples, ({ persisterCpuMicros }) => persisterCpuMicros),
    postgresCpuMicros: spreadBy(samples, ({ postgresCpuMicros }) => postgresCpuMicros),
  }))
  return { entriesPerMeasurement: plan.entriesPerMeasurement, cases: summarized, ...bestOf(summarized) }
}

/** Runs the service's own persister in this process until everything is written. */
export async function persistAll(
  { tools, config, pids }: Stage,
  batchMaxEntries: number,
  entries: number,
  signal: AbortSignal,
): Promise<Sample> {
  const done = Promise.withResolvers<void>()
  let written = 0
  const persister = makePersister({
    stream: makeWriteAheadStream(tools.redis),
    log: tools.writeAheadLog,
    batchMaxEntries,
    idleMs: config.PERSIST_IDLE_MS,
    observer: {
      backlog: () => {},
      written(more) {
        written += more
        if (written >= entries) done.resolve()
      },
    },
    onError: (_name, error) => done.reject(error),
  })
  const stopEarly = () => done.reject(signal.reason)
  signal.addEventListener('abort', stopEarly, { once: true })
  const startedMs = performance.now()
  const cpu = () => ({ own: cpuSeconds(process.pid), postgres: treeCpuSeconds(pids.postgres ?? 0) })
  const before = cpu()
  try {
    await persister.start()
    await done.promise
    const after = cpu()
    return {
      rowsPerSecond: (entries * 1000) / (performance.now() - startedMs),
      persisterCpuMicros: ((after.own - before.own) * 1e6) / entries,
      postgresCpuMicros: ((after.postgres - before.postgres) * 1e6) / entries,
    }
  } finally {
    signal.removeEventListener('abort', stopEarly)
    await persister.stop()
  }
}

function bestOf(
  cases: readonly PersistCase[],
): Pick<PersistMeasured, 'bestBatchMaxEntries' | 'bestRowsPerSecond' | 'tied'> {
  const slower = new Map<number, PersistCase>()
  for (const one of cases) {
    const known = slower.get(one.batchMaxEntries)
    if (!known || one.rowsPerSecond.median < known.rowsPerSecond.median) slower.set(one.batchMaxEntries, one)
  }
  const { best, tied } = leaders([...slower.values()], ({ rowsPerSecond }) => rowsPerSecond)
  return {
    bestBatchMaxEntries: best.batchMaxEntries,
    bestRowsPerSecond: best.rowsPerSecond,
    tied: tied.map(({ batchMaxEntries }) => batchMaxEntries).join(', '),
  }
}

function lineOf({ rowsPerSecond, persisterCpuMicros, postgresCpuMicros }: Sample): string {
  return `${rowsPerSecond.toFixed(0).padStart(6)} rows/s  µs a row: persister ${persisterCpuMicros.toFixed(1)}, postgres ${postgresCpuMicros.toFixed(1)}`
}
