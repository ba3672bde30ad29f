/** The most that a service does within its objective: docs/operations/objectives.md. */
import { type Metrics, numberOf } from './k6-summary.ts'
import type { Series } from './series.ts'

const P95_OBJECTIVE_MS = 50
const P99_OBJECTIVE_MS = 100
const FAILED_OBJECTIVE = 0.001

/**
 * Of loads one after the other, each faster than the last: the rate before the first that was slower than the objective, or failed, or for
 * which no user was free, as k6 saw it. null: none kept it.
 */
export function kneeOfSteps(metrics: Metrics): number | null {
  const steps = Object.keys(metrics)
    .flatMap((metric) => /^http_req_duration\{scenario:at_(\d+)\}$/.exec(metric)?.[1] ?? [])
    .map(Number)
    .toSorted((a, b) => a - b)
  const kept = steps.map((rate) => {
    const ms = (stat: string) => numberOf(metrics, `http_req_duration{scenario:at_${rate}}`, stat)
    const failed = numberOf(metrics, `http_req_failed{scenario:at_${rate}}`, 'value')
    const sent = ms('count')
    const dropped = numberOf(metrics, `dropped_iterations{scenario:at_${rate}}`, 'count')
    const isFast = ms('p(95)') < P95_OBJECTIVE_MS && ms('p(99)') < P99_OBJECTIVE_MS
    return sent > 0 && isFast && failed < FAILED_OBJECTIVE && dropped < (sent + dropped) * FAILED_OBJECTIVE
  })
  const lost = kept.indexOf(false)
  return steps[(lost === -1 ? steps.length : lost) - 1] ?? null
}

/**
 * Of a closed loop that grows: the most requests a second that were answered before the objective was lost, that is, before two seconds in
 * a row were slower than it or had failures, as the service saw it. null: it was never kept.
 */
export function kneeOfSeries(series: Series): number | null {
  const kept = series.map(
    ({ p95Ms, p99Ms, failedPerSecond }) =>
      failedPerSecond === 0 && (p95Ms ?? 0) < P95_OBJECTIVE_MS && (p99Ms ?? 0) < P99_OBJECTIVE_MS,
  )
  const lost = kept.findIndex((good, index) => !good && kept[index + 1] === false)
  const before = series.filter((_, index) => kept[index] && (lost === -1 || index < lost))
  const most = Math.max(0, ...before.map(({ perSecond }) => perSecond))
  return most > 0 ? most : null
}
