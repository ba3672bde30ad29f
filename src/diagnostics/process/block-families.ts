import { kinds } from '../beside/block-record.ts'
import type { MetricFamily } from '../metrics/family.ts'
import { type Shared, slots } from '../shared.ts'

/** Counted by the thread beside this one. */
export function blockFamilies(shared: Shared): MetricFamily[] {
  const view = new Float64Array(shared)
  const family = (name: string, help: string, from: number, scale: number): MetricFamily => ({
    name,
    help,
    type: 'counter',
    merge: 'sum',
    samples: kinds.map((kind, index) => ({
      suffix: '',
      labels: { kind },
      value: (view[from + index] ?? 0) * scale,
    })),
  })
  return [
    family('diagnostics_blocks_total', 'Blocks of the event loop of 200 ms and more', slots.blocks, 1),
    family('diagnostics_blocked_seconds_total', 'Time of these blocks', slots.blockedMs, 1 / 1000),
  ]
}
