import { spread, table, verdict } from './markdown.ts'
import type { PersistMeasured } from './persist.ts'
import type { PoolMeasured, PoolsMeasured } from './pools.ts'

const ROWS_TARGET = 20_000

export function renderPersist(measured: PersistMeasured): string {
  const { cases, entriesPerMeasurement, bestBatchMaxEntries, bestRowsPerSecond, tied } = measured
  return `The persister alone, on ${entriesPerMeasurement} entries that real calls of reserve.lua left in the streams; the tables grow from one
measurement to the next. With PERSIST_BATCH_MAX_ENTRIES=${bestBatchMaxEntries} the slower of the two cases writes
**${spread(bestRowsPerSecond)} rows per second** (${verdict(bestRowsPerSecond, ROWS_TARGET, 'at least')}), the most of these sizes. Not
told apart from it: ${tied}.

${table(
  ['entries of', 'partitions', 'batch', 'rows per second', 'persister µs a row', 'postgres µs a row'],
  cases.map((one) => [
    one.name,
    String(one.partitions),
    String(one.batchMaxEntries),
    spread(one.rowsPerSecond),
    spread(one.persisterCpuMicros, 1),
    spread(one.postgresCpuMicros, 1),
  ]),
)}`
}

export function renderPools({ redis, postgres }: PoolsMeasured): string {
  return `An API process for each size, loaded in turns. Where several sizes were not told apart, the smallest of them is the one to take.

Reservations by REDIS_POOL_MAX, ${redis.connections} connections. ${most(redis)}

${poolTable(redis)}
Confirmations by PG_POOL_MAX, ${postgres.connections} connections, each of a hold and a payment of its own. ${most(postgres)}

${poolTable(postgres)}`
}

function most({ best, tied }: PoolMeasured): string {
  return `Most with **${best}**; not told apart from it: **${tied}**.`
}

function poolTable({ setting, cases }: PoolMeasured): string {
  return table(
    [setting, 'per second', 'p99 ms', 'API µs a request', 'remarks'],
    cases.map((one) => [
      String(one.size),
      spread(one.perSecond),
      spread(one.p99Ms, 1),
      spread(one.apiCpuMicros),
      one.faults || '–',
    ]),
  )
}
