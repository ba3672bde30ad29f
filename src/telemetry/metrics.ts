import { Registry } from 'prom-client'
import { makeBookingMetrics } from './booking-metrics.ts'
import { makeExemplars } from './exemplars.ts'
import { makeHttpMetrics } from './http-metrics.ts'
import { makeInventoryMetrics } from './inventory-metrics.ts'
import { makePipelineMetrics } from './pipeline-metrics.ts'
import { makePostgresMetrics } from './postgres-metrics.ts'
import { makeQueueMetrics } from './queue-metrics.ts'
import { makeRedisMetrics } from './redis-metrics.ts'
import { makeRuntimeMetrics } from './runtime-metrics.ts'
import { makeSelfMetrics } from './self-metrics.ts'

export type Metrics = ReturnType<typeof makeMetrics>

/**
 * Every metric of the service, by the name that dashboards and alerts use. Label values come from closed sets, or from sets that are cut
 * off at a number. Several processes are one page: counters add up, a gauge says by its `aggregator` what becomes of it, and what is of a
 * process (`omit`) gets a label that says of which.
 */
export function makeMetrics() {
  const registry = new Registry()
  const registers = [registry]
  return {
    registry,
    exemplars: makeExemplars(),
    /** The last looks at what waits, for whoever reads without waiting. */
    levels: { walEntries: 0, outboxRows: 0 },
    ...makeHttpMetrics(registers),
    ...makeBookingMetrics(registers),
    ...makeInventoryMetrics(registers),
    ...makeQueueMetrics(registers),
    ...makePostgresMetrics(registers),
    ...makeRedisMetrics(registers),
    ...makePipelineMetrics(registers),
    ...makeRuntimeMetrics(registers),
    ...makeSelfMetrics(registers),
  }
}
