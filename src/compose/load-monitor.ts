import type { Settings } from '../config.ts'
import { type LoadMonitor, makeLoadMonitor } from '../http/load-monitor.ts'
import type { RedisPool } from '../redis/redis-pool.ts'
import { makeWriteAheadStream } from '../redis/write-ahead-stream.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { whenAsked } from '../telemetry/when-asked.ts'

/** The process's load, shown in its metrics. Built before the server, started and stopped with it. */
export function composeLoadMonitor(config: Settings, redis: RedisPool, metrics: Metrics): LoadMonitor {
  const stream = makeWriteAheadStream(redis)
  const load = makeLoadMonitor(
    {
      loopDelayMs: config.SHED_LOOP_DELAY_MS,
      maxInFlight: config.SHED_MAX_IN_FLIGHT,
      backlogMaxEntries: config.SHED_WAL_ENTRIES,
    },
    async () => (await stream.backlog()).reduce((sum, { entries }) => sum + entries, 0),
  )
  whenAsked(metrics.httpActive, () => metrics.httpActive.set(load.inFlight()))
  whenAsked(metrics.loopDelay, () => metrics.loopDelay.set(load.loopDelayMs() / 1000))
  return load
}
