import type { MetricSample } from '../metrics/family.ts'

const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25]

/** A histogram of how long windows took to turn over. */
export function makeStalls() {
  const counts = BUCKETS_SECONDS.map(() => 0)
  let count = 0
  let sumSeconds = 0
  return {
    add(stallMs: number): void {
      const seconds = stallMs / 1000
      count++
      sumSeconds += seconds
      BUCKETS_SECONDS.forEach((le, index) => {
        if (seconds <= le) counts[index] = (counts[index] ?? 0) + 1
      })
    },
    sumSeconds: () => sumSeconds,
    samples: (): MetricSample[] => [
      ...BUCKETS_SECONDS.map((le, index) => bucket(String(le), counts[index] ?? 0)),
      bucket('+Inf', count),
      { suffix: '_sum', labels: {}, value: sumSeconds },
      { suffix: '_count', labels: {}, value: count },
    ],
  }
}

function bucket(le: string, value: number): MetricSample {
  return { suffix: '_bucket', labels: { le }, value }
}
