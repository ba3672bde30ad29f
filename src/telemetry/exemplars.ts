/** A trace that stands for the requests of one bucket of a histogram. */
export interface Exemplar {
  labels: Record<string, string>
  value: number
  timestampSeconds: number
}

/**
 * The last traced request of every bucket. Kept beside prom-client, which makes an object for every observation once it keeps
 * exemplars itself; here only a request that is traced costs anything.
 */
export interface Exemplars {
  /** @param series the histogram's name and its labels' values, as `seriesKey` writes them */
  record(series: string, bounds: readonly number[], value: number, traceId: string): void
  /** @param bound of the bucket; Infinity for the last */
  find(series: string, bound: number): Exemplar | undefined
}

/** Series are bounded by the labels of their histograms; should that ever fail, it ends here. */
const MAX_SERIES = 1000

export function makeExemplars(nowMs: () => number = Date.now): Exemplars {
  const ofSeries = new Map<string, Map<number, Exemplar>>()
  return {
    record(series, bounds, value, traceId) {
      let buckets = ofSeries.get(series)
      if (!buckets) {
        if (ofSeries.size >= MAX_SERIES) return
        buckets = new Map()
        ofSeries.set(series, buckets)
      }
      const bound = bounds.find((upper) => value <= upper) ?? Number.POSITIVE_INFINITY
      buckets.set(bound, { labels: { trace_id: traceId }, value, timestampSeconds: nowMs() / 1000 })
    },
    find: (series, bound) => ofSeries.get(series)?.get(bound),
  }
}

export function seriesKey(name: string, labels: Readonly<Record<string, string | number>>): string {
  return `${name}|${Object.keys(labels)
    .sort()
    .map((label) => `${label}=${labels[label]}`)
    .join('|')}`
}

interface Sample {
  suffix: string
  labels: Record<string, string>
  exemplar?: Exemplar
}

/** Puts the exemplars to the buckets that they are of, in a snapshot of the metrics. @returns the same families */
export function withExemplars<Family extends { name: string; type: string; samples: Sample[] }>(
  families: Family[],
  exemplars: Exemplars,
): Family[] {
  for (const { name, samples } of families.filter(({ type }) => type === 'histogram')) {
    for (const sample of samples) {
      const { le, ...labels } = sample.labels
      if (sample.suffix !== '_bucket' || le === undefined) continue
      const found = exemplars.find(
        seriesKey(name, labels),
        le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le),
      )
      if (found) sample.exemplar = found
    }
  }
  return families
}
