/** The numbers that rules watch, from what the processes told. */
import { totalmem } from 'node:os'
import type { KeptSecond } from '../flight/ring.ts'
import type { Rule } from './rule.ts'

export interface Value {
  value: number
  /** Of the process that it is the highest of. */
  worker: number
  /** Of route_p99_ms. */
  route?: string
}

const MIB = 1024 * 1024
const SLOPE_BUCKET_MS = 10_000
const SLOPE_BUCKETS_MIN = 4

/** @param seconds of the last minute, the oldest first. Null where nothing is known. */
export function readingOf({ metric }: Rule, seconds: readonly KeptSecond[], nowMs: number): Value | null {
  const latest = new Map(seconds.map((second) => [second.worker, second]))
  const each = [...latest.values()]
  switch (metric) {
    case 'cpu':
      return highest(each.map(({ worker, cpu }) => ({ worker, value: cpu })))
    case 'loop_delay_p99_ms':
      return highest(
        each.map(({ worker, atMs, loopDelayP99Ms }) => ({
          worker,
          // One that tells nothing is blocked: so long at least.
          value: Math.max(loopDelayP99Ms, nowMs - atMs > 2000 ? nowMs - atMs - 1000 : 0),
        })),
      )
    case 'rss_ratio': {
      const most = highest(each.map(({ worker, rssBytes }) => ({ worker, value: rssBytes })))
      const sum = each.reduce((bytes, { rssBytes }) => bytes + rssBytes, 0)
      return most && { ...most, value: sum / memoryLimitBytes() }
    }
    case 'heap_slope_mib_per_min':
      return highest(
        each.flatMap(({ worker }) => {
          const slope = heapSlope(seconds.filter((second) => second.worker === worker))
          return slope === null ? [] : [{ worker, value: slope }]
        }),
      )
    case 'route_p99_ms':
      return highest(
        each.flatMap(({ worker, routes }) =>
          routes.map(({ route, p99Ms }) => ({ worker, route, value: p99Ms })),
        ),
      )
    default:
      return highest(
        each.flatMap(({ worker, gauges }) => {
          const value = gauges[metric]
          return value === undefined ? [] : [{ worker, value }]
        }),
      )
  }
}

/** Least squares over the lowest of each ten seconds: what garbage collection leaves, not its saw. */
export function heapSlope(seconds: readonly { atMs: number; heapUsedBytes: number }[]): number | null {
  const lows = new Map<number, number>()
  for (const { atMs, heapUsedBytes } of seconds) {
    const bucket = Math.floor(atMs / SLOPE_BUCKET_MS)
    lows.set(bucket, Math.min(lows.get(bucket) ?? Number.POSITIVE_INFINITY, heapUsedBytes))
  }
  const points = [...lows].map(
    ([bucket, bytes]) => [(bucket * SLOPE_BUCKET_MS) / 60_000, bytes / MIB] as const,
  )
  if (points.length < SLOPE_BUCKETS_MIN) return null
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length
  const over = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0)
  const under = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
  return under === 0 ? null : over / under
}

function highest(values: readonly Value[]): Value | null {
  return values.reduce<Value | null>((most, one) => (!most || one.value > most.value ? one : most), null)
}

/** A huge number where the process is not limited. */
function memoryLimitBytes(): number {
  const limit = process.constrainedMemory()
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem()
}
