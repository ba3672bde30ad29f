import { explainRepeats, statementRepeats } from '../diagnostics/index.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Explanations, Gauges } from './diagnostics.ts'
import type { HotZone } from './hot-zone.ts'
import type { Stores } from './stores.ts'

/** What waits in this process, for the flight recorder and its rules. @param opened the stores, once they are */
export function makeGauges({ levels }: Metrics, opened: readonly Stores[], hotZone: HotZone): Gauges {
  const sum = (read: (stores: Stores) => number) => () =>
    opened.reduce((total, stores) => total + read(stores), 0)
  return {
    pg_busy: sum(({ database: { pool } }) => pool.totalCount - pool.idleCount),
    pg_waiting: sum(({ database: { pool } }) => pool.waitingCount),
    redis_in_flight: sum(({ redis: { guard } }) => guard.inFlight()),
    // Timers, sockets, requests to the system: what Node would wait for.
    open_resources: () => process.getActiveResourcesInfo().length,
    wal_entries: () => levels.walEntries,
    outbox_rows: () => levels.outboxRows,
    statement_repeats: statementRepeats,
    hot_zone_percent: hotZone.percent,
  }
}

/** Whose doing it is, where a number alone does not say it. */
export function makeExplanations(hotZone: HotZone): Explanations {
  return { statement_repeats: explainRepeats, hot_zone_percent: hotZone.explain }
}
