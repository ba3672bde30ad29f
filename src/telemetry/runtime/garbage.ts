import {
  constants,
  type NodeGCPerformanceDetail,
  type PerformanceEntry,
  PerformanceObserver,
} from 'node:perf_hooks'
import type { RuntimeMetrics } from '../runtime-metrics.ts'

export const GC_KINDS = ['minor', 'major', 'incremental', 'weakcb'] as const

const kindOf = new Map<number, (typeof GC_KINDS)[number]>([
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakcb'],
])

type Collection = PerformanceEntry & { detail?: NodeGCPerformanceDetail }

/** Every collection, as V8 tells of it afterwards. */
export function collectGarbage({ gcDuration }: Pick<RuntimeMetrics, 'gcDuration'>): () => void {
  const children = new Map(GC_KINDS.map((kind) => [kind, gcDuration.labels(kind)]))
  for (const kind of GC_KINDS) gcDuration.zero({ kind })
  const observer = new PerformanceObserver((list) => {
    for (const { duration, detail } of list.getEntries() as Collection[]) {
      const kind = kindOf.get(detail?.kind ?? -1)
      if (kind !== undefined) children.get(kind)?.observe(duration / 1000)
    }
  })
  observer.observe({ entryTypes: ['gc'] })
  return () => observer.disconnect()
}
