/** What must hold, and what is counted: k6 sums what carries a tag only where a threshold names it. */
import type { Options } from 'k6/options'

type Thresholds = NonNullable<Options['thresholds']>

/** The objective of the service: docs/operations/objectives.md. */
export const reserveObjective: Thresholds = {
  'http_req_duration{name:reserve}': ['p(95)<50', 'p(99)<100'],
}

/** An iteration that no user was free for is as good as one that failed: whoever is slow for long does not hide it so. */
export function almostNoneDropped(rate: number, seconds: number): Thresholds {
  return { dropped_iterations: [`count<=${Math.floor(rate * seconds * 0.001)}`] }
}

export const everyCheck: Thresholds = { checks: ['rate==1'] }

/** Every status of src/http/errors.ts, success, and what is none: 0. What is not here is not counted. */
const STATUSES = [0, 200, 201, 400, 401, 403, 404, 408, 409, 410, 413, 415, 422, 429, 431, 500, 502, 503, 504]

/** Answers to each of these requests, by status. */
export function counted(...names: string[]): Thresholds {
  const each = names.flatMap((name) =>
    STATUSES.map(
      (status) => [`http_reqs{name:${name},status:${status}}`, ['count>=0']] as [string, string[]],
    ),
  )
  return Object.fromEntries(each)
}

/** Tags cost time for every sample: these are what is asked of. The address is none of them: each booking would have series of its own. */
export const systemTags: NonNullable<Options['systemTags']> = [
  'name',
  'status',
  'error_code',
  'expected_response',
  'scenario',
  'check',
]

export const summaryTrendStats = ['min', 'avg', 'med', 'p(90)', 'p(95)', 'p(99)', 'p(99.9)', 'max', 'count']

export const shared: Options = { systemTags, summaryTrendStats, noConnectionReuse: false, userAgent: 'k6' }
