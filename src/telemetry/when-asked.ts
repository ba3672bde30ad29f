import type { Counter, Gauge } from 'prom-client'

/**
 * Has a metric read when somebody asks for it. Each reads for itself: one that is filled by another's reading shows what was true at the
 * last scrape wherever it stands before that in the registry.
 */
export function whenAsked<Label extends string>(
  metric: Gauge<Label> | Counter<Label>,
  read: () => void,
): void {
  Object.assign(metric, { collect: read })
}
