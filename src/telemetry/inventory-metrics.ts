import { Counter, Gauge, type Registry } from 'prom-client'
import type { ClosedGauge } from './closed-label.ts'

/** Where seats were missed: in one store, or between the two. */
export type DriftStore = 'redis' | 'postgres' | 'both'

/** Whether the books add up, and what is left to sell. */
export function makeInventoryMetrics(registers: Registry[]) {
  return {
    drift: new Gauge({
      name: 'inventory_drift_seats',
      help: 'Seats by which the invariants were missed in the last look; moves while seats are sold',
      labelNames: ['store'] as const,
      aggregator: 'max',
      registers,
    }) as ClosedGauge<'store', DriftStore>,
    auditFailures: new Counter({
      name: 'inventory_audit_failures_total',
      help: 'Looks that found the same fault for the third time in a row',
      registers,
    }),
    seats: new Gauge({
      name: 'inventory_seats',
      help: 'Seats of a zone on sale, by state, at the last look of the auditor',
      labelNames: ['event', 'zone', 'state'] as const,
      aggregator: 'max',
      registers,
    }),
    hiddenZones: new Gauge({
      name: 'inventory_hidden_zones',
      help: 'Zones on sale beyond those that have series of their own',
      aggregator: 'max',
      registers,
    }),
  }
}
