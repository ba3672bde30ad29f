import type { PerformanceEntry } from 'node:perf_hooks'
import type { MetricFamily, MetricSample } from '../metrics/family.ts'

const BOUNDS_SECONDS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const
const ROUTES_MAX = 50

interface HttpEntry {
  detail?: { req?: { method?: string; url?: string }; res?: { statusCode?: number } }
}

interface Series {
  labels: Record<string, string>
  /** One for each bound, and one for what is above them all. */
  counts: number[]
  sumSeconds: number
}

/** A histogram of what node:http reports, for services that have none. Routes are guessed from paths, and bounded. */
export function makeRequestTimes() {
  const series = new Map<string, Series>()
  const routes = new Set<string>()

  function routeOf(url: string): string {
    const route = guessedRoute(url)
    if (!routes.has(route) && routes.size >= ROUTES_MAX) return 'other'
    routes.add(route)
    return route
  }

  return {
    add(entries: readonly PerformanceEntry[]): void {
      for (const entry of entries) {
        if (entry.name !== 'HttpRequest') continue
        const { req, res } = (entry as PerformanceEntry & HttpEntry).detail ?? {}
        const labels = {
          method: req?.method ?? '',
          route: routeOf(req?.url ?? '/'),
          status: String(res?.statusCode ?? 0),
        }
        const key = Object.values(labels).join('\n')
        let one = series.get(key)
        if (!one) {
          one = { labels, counts: new Array<number>(BOUNDS_SECONDS.length + 1).fill(0), sumSeconds: 0 }
          series.set(key, one)
        }
        const seconds = entry.duration / 1000
        const found = BOUNDS_SECONDS.findIndex((bound) => seconds <= bound)
        const at = found < 0 ? BOUNDS_SECONDS.length : found
        one.counts[at] = (one.counts[at] ?? 0) + 1
        one.sumSeconds += seconds
      }
    },
    family: (): MetricFamily => ({
      name: 'node_http_request_duration_seconds',
      help: 'Requests as node:http saw them, while the live page is looked at',
      type: 'histogram',
      merge: 'sum',
      samples: [...series.values()].flatMap(samplesOf),
    }),
  }
}

function samplesOf({ labels, counts, sumSeconds }: Series): MetricSample[] {
  let below = 0
  const buckets = counts.map((count, index): MetricSample => {
    below += count
    const le = String(BOUNDS_SECONDS[index] ?? '+Inf')
    return { suffix: '_bucket', labels: { ...labels, le }, value: below }
  })
  return [
    ...buckets,
    { suffix: '_sum', labels, value: sumSeconds },
    { suffix: '_count', labels, value: below },
  ]
}

/** Without the query, and with `:id` for parts that look like one. */
function guessedRoute(url: string): string {
  const path = url.slice(0, 500).replace(/[?#].*$/s, '')
  const parts = path.split('/').slice(0, 8)
  return parts.map((part) => (/^[0-9a-f-]{16,}$|\d/i.test(part) && part.length > 0 ? ':id' : part)).join('/')
}
