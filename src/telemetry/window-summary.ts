import type { Registry, Summary } from 'prom-client'

/** Quantiles of a window that somebody else keeps. */
export interface WindowSummary {
  /** @param quantiles by their rank, 0 … 1; asked for whenever the metric is */
  readFrom(quantiles: () => readonly (readonly [rank: number, value: number])[]): void
}

/**
 * A summary without a sum and a count: neither would only grow. A gauge must not have the label `quantile`, and prom-client's own summary
 * keeps its observations itself. Quantiles of several processes are never merged.
 */
export function makeWindowSummary(options: {
  name: string
  help: string
  registers: readonly Registry[]
}): WindowSummary {
  const { name, help } = options
  let read: Parameters<WindowSummary['readFrom']>[0] = () => []
  const metric = {
    name,
    help,
    labelNames: ['quantile'],
    reset() {},
    readFrom(quantiles: typeof read) {
      read = quantiles
    },
    get: async () => ({
      name,
      help,
      type: 'summary',
      aggregator: 'omit',
      values: read().map(([rank, value]) => ({ labels: { quantile: String(rank) }, value })),
    }),
  }
  for (const registry of options.registers) registry.registerMetric(metric as unknown as Summary)
  return metric
}
