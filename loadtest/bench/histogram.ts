import { growth, type Scrape } from './scrape.ts'

/**
 * A quantile of what a Prometheus histogram took in between two readings, in its own unit: as `histogram_quantile` does it, by the
 * straight line through the bucket that it lies in. Above the last bound nothing is known but that bound.
 *
 * @param series the name and labels of the series, as `name{method="GET"`: the bucket's bound is the last label
 * @returns null when nothing was taken in
 */
export function quantileOf(before: Scrape, after: Scrape, series: RegExp, quantile: number): number | null {
  const counts = new Map<number, number>()
  for (const name of after.keys()) {
    const bound = series.test(name) ? /[{,]le="([^"]+)"/.exec(name)?.[1] : undefined
    if (bound === undefined) continue
    const le = bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound)
    counts.set(le, (counts.get(le) ?? 0) + growth(before, after, name))
  }
  const buckets = [...counts].sort(([a], [b]) => a - b)
  const all = buckets.at(-1)?.[1] ?? 0
  if (all === 0) return null
  const wanted = all * quantile
  let [lower, below] = [0, 0]
  for (const [bound, count] of buckets) {
    if (count >= wanted)
      return bound === Number.POSITIVE_INFINITY
        ? lower
        : lower + ((bound - lower) * (wanted - below)) / (count - below)
    lower = bound
    below = count
  }
  return lower
}
