/** Pieces of PromQL, so that every panel asks in the same way. */

/** Series of the service that the dashboard's variables choose, with more matchers after them. */
export function of(metric: string, ...matchers: string[]): string {
  return `${metric}{${['job=~"$job"', 'instance=~"$instance"', ...matchers].join(',')}}`
}

/** Recorded series: they have a job and no instance. */
export function recorded(name: string, ...matchers: string[]): string {
  return `${name}{${['job=~"$job"', ...matchers].join(',')}}`
}

/** Series that a k6 run wrote. */
export function k6(metric: string, ...matchers: string[]): string {
  return `${metric}{${['testid=~"$testid"', ...matchers].join(',')}}`
}

export function rate(series: string): string {
  return `rate(${series}[$__rate_interval])`
}

export function sum(expression: string, ...labels: string[]): string {
  return aggregate('sum', expression, labels)
}

/** For gauges that several processes report alike: what a queue or a stream holds is one number, whoever looks. */
export function max(expression: string, ...labels: string[]): string {
  return aggregate('max', expression, labels)
}

/** A quantile of a histogram over all chosen instances, in its own unit. */
export function quantile(rank: number, histogram: string, labels: string[] = [], ...matchers: string[]) {
  return `histogram_quantile(${rank}, ${sum(rate(of(`${histogram}_bucket`, ...matchers)), 'le', ...labels)})`
}

/** A mean of a histogram over all chosen instances. */
export function mean(histogram: string, ...labels: string[]): string {
  return `${sum(rate(of(`${histogram}_sum`)), ...labels)} / ${sum(rate(of(`${histogram}_count`)), ...labels)}`
}

function aggregate(operator: string, expression: string, labels: readonly string[]): string {
  return `${operator}${labels.length > 0 ? ` by (${labels.join(', ')})` : ''} (${expression})`
}
