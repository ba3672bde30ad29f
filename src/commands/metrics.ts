import { makeMetrics } from '../telemetry/metrics.ts'
import type { Command } from './context.ts'

/** What becomes of the values of several processes. */
const MERGED: Readonly<Record<string, string>> = {
  sum: 'added up',
  max: 'the greatest',
  omit: 'each, by `worker`',
}

/** `npm run -s metrics`: prints every metric as a Markdown table; that of docs/metrics.md is this one. */
export const metrics: Command = async (_args, { print }) => {
  print(await metricsTable())
  return 0
}

export async function metricsTable(): Promise<string> {
  const { registry } = makeMetrics()
  const families = await registry.getMetricsAsJSON()
  const rows = families
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, help, type, aggregator }) => {
      // prom-client keeps them to itself, and shows them on series only, of which there is none yet.
      const { labelNames } = registry.getSingleMetric(name) as unknown as { labelNames: string[] }
      const labels = labelNames.filter((label) => label !== 'le').map((label) => `\`${label}\``)
      return `| \`${name}\` | ${type} | ${labels.join(', ') || '–'} | ${help} | ${MERGED[String(aggregator)]} |`
    })
  return ['| metric | type | labels | meaning | several processes |', '|---|---|---|---|---|', ...rows].join(
    '\n',
  )
}
