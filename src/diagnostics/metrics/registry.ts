import type { Merge, MetricFamily, MetricSample } from './family.ts'

/** As much of a prom-client registry as is needed. */
export interface MetricsRegistry {
  getMetricsAsJSON(): Promise<readonly RegistryMetric[]>
}

export interface RegistryMetric {
  name: string
  help: string
  type: unknown
  aggregator?: unknown
  values?: readonly RegistryValue[]
}

interface RegistryValue {
  value: number
  metricName?: string
  labels?: Readonly<Record<string, string | number | undefined>>
  exemplar?: unknown
}

const types = ['counter', 'gauge', 'histogram', 'summary'] as const
const merges: readonly unknown[] = ['sum', 'max', 'min', 'average', 'first']

/**
 * The families of anything shaped like prom-client's registry. Gauges are merged over processes by their `aggregator` (prom-client's
 * own default is the sum) unless `merge` names another way for them.
 */
export async function familiesOfRegistry(
  registry: MetricsRegistry,
  merge: Readonly<Record<string, Merge>> = {},
): Promise<MetricFamily[]> {
  const metrics = await registry.getMetricsAsJSON()
  return metrics.map((metric) => ({
    name: metric.name,
    help: metric.help,
    type: types.find((type) => type === metric.type) ?? 'gauge',
    merge: merge[metric.name] ?? mergeOf(metric),
    samples: (metric.values ?? []).map((value) => sampleOf(metric.name, value)),
  }))
}

function mergeOf({ type, aggregator }: RegistryMetric): Merge {
  // Quantiles of several processes cannot be added.
  if (type === 'summary') return 'each'
  // prom-client takes `omit` for what makes no sense over processes.
  if (aggregator === 'omit') return 'each'
  return merges.includes(aggregator) ? (aggregator as Merge) : 'sum'
}

function sampleOf(name: string, { value, metricName, labels = {}, exemplar }: RegistryValue): MetricSample {
  const suffix = (metricName?.slice(name.length) ?? '') as MetricSample['suffix']
  const sample: MetricSample = { suffix, labels: textLabels(labels), value }
  const found = exemplar as { labelSet?: Record<string, string>; value?: number; timestamp?: number } | null
  // prom-client leaves empty ones in buckets that had none yet.
  if (found?.labelSet && found.timestamp !== undefined && Object.keys(found.labelSet).length > 0) {
    sample.exemplar = {
      labels: textLabels(found.labelSet),
      value: found.value ?? 0,
      timestampSeconds: found.timestamp,
    }
  }
  return sample
}

function textLabels(labels: Readonly<Record<string, string | number | undefined>>): Record<string, string> {
  const text: Record<string, string> = {}
  for (const [name, value] of Object.entries(labels)) if (value !== undefined) text[name] = String(value)
  return text
}
