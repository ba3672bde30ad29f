import { limits } from '../../limits.ts'
import type { MetricFamily, MetricSample } from '../../metrics/family.ts'
import { isHttpHistogram } from '../../metrics/http-histogram.ts'
import { bucketsOf, quantileOf } from './quantile.ts'

/** Requests a second and seconds; null where there was no request. */
export interface Figures {
  rate: number
  errors: number
  p50: number | null
  p95: number | null
  p99: number | null
}

export type RouteFigures = Figures & { route: string; method: string }

/** Rates and latencies from the histograms of requests, given as rates. */
export function httpFigures(rates: readonly MetricFamily[]): { all: Figures; routes: RouteFigures[] } {
  const samples = rates.filter(isHttpHistogram).flatMap(inSeconds)
  const byRoute = new Map<string, MetricSample[]>()
  for (const sample of samples) {
    const key = `${first(sample.labels, METHODS)}\n${first(sample.labels, ROUTES)}`
    const known = byRoute.get(key)
    if (known) known.push(sample)
    else byRoute.set(key, [sample])
  }
  const routes = [...byRoute].map(([key, of]) => {
    const [method = '', route = ''] = key.split('\n')
    return { method, route, ...figuresOf(of) }
  })
  routes.sort((one, other) => other.rate - one.rate || one.route.localeCompare(other.route))
  return { all: figuresOf(samples), routes: routes.slice(0, limits.liveRoutesMax) }
}

const METHODS = ['http_request_method', 'method', 'http_method', 'verb']
const ROUTES = ['http_route', 'route', 'path', 'handler', 'url', 'uri']
const STATUSES = ['http_response_status_code', 'status', 'status_code', 'code']

function first(labels: Record<string, string>, names: readonly string[]): string {
  for (const name of names) if (labels[name] !== undefined) return labels[name]
  return ''
}

function figuresOf(samples: readonly MetricSample[]): Figures {
  const buckets = bucketsOf(samples.filter(({ suffix }) => suffix === '_bucket'))
  const counts = samples.filter(({ suffix }) => suffix === '_count')
  return {
    rate: sum(counts),
    errors: sum(counts.filter(({ labels }) => first(labels, STATUSES).startsWith('5'))),
    p50: quantileOf(buckets, 0.5),
    p95: quantileOf(buckets, 0.95),
    p99: quantileOf(buckets, 0.99),
  }
}

function inSeconds({ name, samples }: MetricFamily): MetricSample[] {
  if (!/_(ms|milliseconds)$/.test(name)) return samples
  return samples.map((sample) => {
    const { le } = sample.labels
    if (le === undefined || le === '+Inf') return sample
    return { ...sample, labels: { ...sample.labels, le: String(Number(le) / 1000) } }
  })
}

function sum(samples: readonly MetricSample[]): number {
  return samples.reduce((total, { value }) => total + value, 0)
}
