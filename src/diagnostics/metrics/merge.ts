import type { Exemplar, Merge, MetricFamily, MetricSample } from './family.ts'

export interface Snapshot {
  /** The process it is of: 0, or the number of a cluster worker. */
  worker: number
  families: readonly MetricFamily[]
}

interface Gathered {
  sample: MetricSample
  values: number[]
}

/**
 * One set of families from those of several processes. Sums are exact and keep the newest exemplar of each series. A family that two
 * processes declare with different types is taken as the first of them has it.
 */
export function mergeSnapshots(snapshots: readonly Snapshot[]): MetricFamily[] {
  const merged = new Map<string, { family: MetricFamily; series: Map<string, Gathered> }>()
  for (const { worker, families } of snapshots) {
    for (const family of families) {
      let entry = merged.get(family.name)
      if (!entry) {
        entry = { family, series: new Map() }
        merged.set(family.name, entry)
      }
      if (entry.family.type !== family.type) continue
      for (const sample of family.samples)
        gather(entry.series, labelled(sample, mergeOf(entry.family), worker))
    }
  }
  return [...merged.values()].map(({ family, series }) => ({
    ...family,
    samples: [...series.values()].map(({ sample, values }) => ({
      ...sample,
      value: combined(mergeOf(family), values),
    })),
  }))
}

/** A histogram's buckets mean nothing but as sums. */
function mergeOf({ type, merge }: MetricFamily): Merge {
  return type === 'histogram' && merge !== 'each' ? 'sum' : merge
}

function labelled(sample: MetricSample, merge: Merge, worker: number): MetricSample {
  return merge === 'each' ? { ...sample, labels: { ...sample.labels, worker: String(worker) } } : sample
}

function gather(series: Map<string, Gathered>, sample: MetricSample): void {
  const key = keyOf(sample)
  const known = series.get(key)
  if (!known) {
    series.set(key, { sample, values: [sample.value] })
    return
  }
  known.values.push(sample.value)
  const exemplar = newest(known.sample.exemplar, sample.exemplar)
  if (exemplar) known.sample = { ...known.sample, exemplar }
}

function newest(one: Exemplar | undefined, other: Exemplar | undefined): Exemplar | undefined {
  if (!one || !other) return one ?? other
  return other.timestampSeconds > one.timestampSeconds ? other : one
}

function keyOf({ suffix, labels }: MetricSample): string {
  const names = Object.keys(labels).sort()
  return JSON.stringify([suffix, ...names.flatMap((name) => [name, labels[name]])])
}

function combined(merge: Merge, values: readonly number[]): number {
  const [first = 0] = values
  if (values.length === 1) return first
  switch (merge) {
    case 'sum':
      return values.reduce((sum, value) => sum + value, 0)
    case 'average':
      return values.reduce((sum, value) => sum + value, 0) / values.length
    case 'max':
      return Math.max(...values)
    case 'min':
      return Math.min(...values)
    case 'first':
    case 'each':
      return first
    default:
      return merge satisfies never
  }
}
