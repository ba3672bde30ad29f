import type { Histogram } from 'prom-client'

type Labels = 'method' | 'route' | 'status'

/** Records requests by route template, method and status; each set of labels is resolved once. */
export function recordRequests(
  histogram: Histogram<Labels>,
): (route: string, method: string, statusCode: number, durationSeconds: number) => void {
  const byRoute = new Map<string, Map<string, Map<number, Histogram.Internal<Labels>>>>()

  function childOf(route: string, method: string, statusCode: number): Histogram.Internal<Labels> {
    const byMethod = emplace(byRoute, route, () => new Map<string, Map<number, Histogram.Internal<Labels>>>())
    const byStatus = emplace(byMethod, method, () => new Map<number, Histogram.Internal<Labels>>())
    return emplace(byStatus, statusCode, () => histogram.labels(method, route, String(statusCode)))
  }

  return (route, method, statusCode, durationSeconds) =>
    childOf(route, method, statusCode).observe(durationSeconds)
}

function emplace<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}
