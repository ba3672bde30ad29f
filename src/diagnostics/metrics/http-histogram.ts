import type { MetricFamily } from './family.ts'

/** Whether a family has the durations of the requests that a server answered, by whatever of the usual names. */
export function isHttpHistogram({ name, type }: MetricFamily): boolean {
  return (
    type === 'histogram' &&
    /(^|_)http_/.test(name) &&
    /duration|latency|response_time|_seconds$|_ms$/.test(name) &&
    !/client|size|bytes/.test(name)
  )
}
