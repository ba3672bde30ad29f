import type { MetricFamily, MetricSample } from '../../metrics/family.ts'

/** Counters and histograms of one process, per second between two snapshots. What was not there before counts from nothing. */
export function ratesOf(
  before: readonly MetricFamily[],
  after: readonly MetricFamily[],
  seconds: number,
): MetricFamily[] {
  const known = new Map(before.map((family) => [family.name, family]))
  return after
    .filter(({ type }) => type === 'counter' || type === 'histogram')
    .map((family) => {
      const old = known.get(family.name)
      // A family that appears with its process's whole life in it would be a jump that never was.
      if (!old) return { ...family, samples: [] }
      const values = new Map(old.samples.map((sample) => [keyOf(sample), sample.value]))
      const samples = family.samples.map(({ suffix, labels, value }) => {
        const grown = value - (values.get(keyOf({ suffix, labels })) ?? 0)
        return { suffix, labels, value: Math.max(0, grown) / seconds }
      })
      return { ...family, samples }
    })
}

function keyOf({ suffix, labels }: Pick<MetricSample, 'suffix' | 'labels'>): string {
  let key: string = suffix
  for (const name in labels) key += `\n${name}\n${labels[name]}`
  return key
}
