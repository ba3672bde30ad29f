/** Quantiles of a histogram's buckets, as Prometheus' histogram_quantile has them: linear within the bucket. */
export interface Bucket {
  /** Upper bound; the last one is Infinity. */
  le: number
  /** How many are at most that: never less than in the bucket before. */
  count: number
}

/** @returns null where nothing was observed */
export function quantileOf(buckets: readonly Bucket[], quantile: number): number | null {
  const total = buckets.at(-1)?.count ?? 0
  if (total <= 0) return null
  const rank = quantile * total
  const index = buckets.findIndex(({ count }) => count >= rank && count > 0)
  const bucket = buckets[index]
  if (!bucket) return null
  const before = buckets[index - 1] ?? { le: 0, count: 0 }
  // Above the highest bound nothing is known but that.
  if (bucket.le === Number.POSITIVE_INFINITY) return before.le
  const share = (rank - before.count) / (bucket.count - before.count)
  return before.le + (bucket.le - before.le) * Math.min(1, Math.max(0, share))
}

/** The buckets of many series added up. */
export function bucketsOf(samples: readonly { labels: Record<string, string>; value: number }[]): Bucket[] {
  const counts = new Map<number, number>()
  for (const { labels, value } of samples) {
    const le = labels.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels.le)
    counts.set(le, (counts.get(le) ?? 0) + value)
  }
  return [...counts].map(([le, count]) => ({ le, count })).sort((one, other) => one.le - other.le)
}
