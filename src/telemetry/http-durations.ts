import { type Exemplars, seriesKey } from './exemplars.ts'
import type { HotChild, HotHistogram } from './hot-histogram.ts'

type Labels = 'method' | 'route' | 'status'

/** Bounds of request durations, seconds: 1 ms … 2.5 s. */
export const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]
export const HTTP_DURATION = 'http_server_request_duration_seconds'

/** Methods that the API answers to. A caller may send any of those that HTTP's parser knows: those are one series. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

function methodLabel(method: string): string {
  return METHODS.has(method) ? method : 'other'
}

/** Records requests by route template, method and status; each set of labels is resolved once. */
export function recordRequests(
  histogram: HotHistogram<Labels>,
  exemplars: Exemplars,
): (
  route: string,
  method: string,
  statusCode: number,
  durationSeconds: number,
  traceId: string | null,
) => void {
  const byRoute = new Map<string, Map<string, Map<number, HotChild>>>()

  function childOf(route: string, method: string, statusCode: number): HotChild {
    const byMethod = emplace(byRoute, route, () => new Map<string, Map<number, HotChild>>())
    const byStatus = emplace(byMethod, method, () => new Map<number, HotChild>())
    return emplace(byStatus, statusCode, () =>
      histogram.labels(methodLabel(method), route, String(statusCode)),
    )
  }

  return (route, method, statusCode, durationSeconds, traceId) => {
    childOf(route, method, statusCode).observe(durationSeconds)
    if (traceId === null) return
    const series = seriesKey(HTTP_DURATION, { method: methodLabel(method), route, status: statusCode })
    exemplars.record(series, DURATION_BUCKETS, durationSeconds, traceId)
  }
}

function emplace<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}
