import type { MetricFamily, MetricSample } from '../metrics/family.ts'

export type OwnSeries = ReturnType<typeof makeOwnSeries>

type Series = Map<string, MetricSample>

/** The library's series that the server thread knows. Labels come from the routes and captures there are. */
export function makeOwnSeries() {
  const requests: Series = new Map()
  const captured: Series = new Map()
  const captureSeconds: Series = new Map()

  return {
    request: (route: string, status: number) => add(requests, { route, status: String(status) }, 1),
    capture(kind: string, outcome: 'done' | 'partial' | 'refused' | 'failed' | 'cancelled', seconds: number) {
      add(captured, { kind, outcome }, 1)
      add(captureSeconds, { kind }, seconds)
    },
    families: (): MetricFamily[] => [
      counter('diagnostics_requests_total', 'Requests to the diagnostics port', requests),
      counter('diagnostics_captures_total', 'Captures asked for, by kind and outcome', captured),
      counter('diagnostics_capture_seconds_total', 'Time that captures took, by kind', captureSeconds),
    ],
  }
}

function add(series: Series, labels: Record<string, string>, value: number): void {
  const key = Object.values(labels).join('\n')
  const known = series.get(key)
  if (known) known.value += value
  else series.set(key, { suffix: '', labels, value })
}

function counter(name: string, help: string, series: Series): MetricFamily {
  return { name, help, type: 'counter', merge: 'sum', samples: [...series.values()] }
}
