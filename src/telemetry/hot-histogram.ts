import type { Histogram, Registry } from 'prom-client'

/** Observes durations of one set of labels. */
export interface HotChild {
  observe(value: number): void
}

/** As much of prom-client's histogram as the service uses. */
export interface HotHistogram<Label extends string> {
  labels(...values: string[]): HotChild
  /** The series is there from now on, with nothing in it. */
  zero(labels: Readonly<Record<Label, string>>): void
  get(): Promise<Awaited<ReturnType<Histogram['get']>>>
}

interface Series {
  labels: Record<string, string>
  /** Of each bucket alone, the one without a bound last. */
  counts: number[]
  sum: number
}

/**
 * A histogram for what happens with every request. prom-client's finds its series anew with each observation, by a text that it makes of
 * the labels: 680 ns here, where one comparison a bucket is 20. It registers, renders and merges as prom-client's own.
 */
export function makeHotHistogram<const Label extends string>(options: {
  name: string
  help: string
  labelNames: readonly Label[]
  buckets: readonly number[]
  registers: readonly Registry[]
}): HotHistogram<Label> {
  const { name, help, labelNames, buckets } = options
  const all = new Map<string, Series>()

  function seriesOf(values: readonly string[]): Series {
    const key = JSON.stringify(values)
    const known = all.get(key)
    if (known) return known
    const labels = Object.fromEntries(labelNames.map((label, i) => [label, values[i] ?? '']))
    const made = { labels, counts: new Array<number>(buckets.length + 1).fill(0), sum: 0 }
    all.set(key, made)
    return made
  }

  function samplesOf({ labels, counts, sum }: Series) {
    let below = 0
    const cumulative = counts.map((count, i) => {
      below += count
      return { metricName: `${name}_bucket`, labels: { le: buckets[i] ?? '+Inf', ...labels }, value: below }
    })
    return [
      ...cumulative,
      { metricName: `${name}_sum`, labels, value: sum },
      { metricName: `${name}_count`, labels, value: below },
    ]
  }

  const metric = {
    name,
    help,
    labelNames: ['le', ...labelNames],
    reset: () => all.clear(),
    labels(...values: string[]): HotChild {
      const series = seriesOf(values)
      const { counts } = series
      const last = buckets.length
      return {
        observe(value) {
          let i = 0
          while (i < last && value > (buckets[i] as number)) i++
          counts[i] = (counts[i] as number) + 1
          series.sum += value
        },
      }
    },
    zero: (labels: Readonly<Record<Label, string>>) =>
      void seriesOf(labelNames.map((label) => labels[label])),
    get: async () => ({
      name,
      help,
      type: 'histogram',
      aggregator: 'sum',
      values: [...all.values()].flatMap(samplesOf),
    }),
  }
  for (const registry of options.registers) registry.registerMetric(metric as unknown as Histogram)
  return metric as unknown as HotHistogram<Label>
}
