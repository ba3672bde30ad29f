/** How long the requests of each route took, this second: counts in buckets of a quarter octave, so a quantile is right within 19 %. */

const BUCKETS = 96
const ROUTES_MAX = 200
const TOLD_MAX = 5

let times = new Map<string, Uint32Array>()

export interface RouteTime {
  route: string
  /** The upper end of its bucket. */
  p99Ms: number
  count: number
}

export function addTime(route: string, seconds: number): void {
  let counts = times.get(route)
  if (!counts) {
    if (times.size >= ROUTES_MAX) return
    counts = new Uint32Array(BUCKETS)
    times.set(route, counts)
  }
  // From 1/64 ms up, which leaves room until 2^18 ms.
  const bucket = Math.min(BUCKETS - 1, Math.max(0, Math.ceil(4 * Math.log2(seconds * 1000) + 24)))
  counts[bucket] = (counts[bucket] ?? 0) + 1
}

/** The slowest few routes since this was last asked. */
export function takeTimes(): RouteTime[] {
  const taken = times
  times = new Map()
  return [...taken]
    .map(([route, counts]) => ({ route, ...p99Of(counts) }))
    .sort((one, other) => other.p99Ms - one.p99Ms)
    .slice(0, TOLD_MAX)
}

function p99Of(counts: Uint32Array): { p99Ms: number; count: number } {
  const count = counts.reduce((sum, one) => sum + one, 0)
  let above = count - Math.ceil(0.99 * count)
  let bucket = BUCKETS - 1
  while (bucket > 0 && (counts[bucket] ?? 0) <= above) above -= counts[bucket--] ?? 0
  return { p99Ms: 2 ** ((bucket - 24) / 4), count }
}
