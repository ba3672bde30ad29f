/** What a process that records tells the server thread by itself: a window of CPU samples when it ends, and a line each second. */
import type { Window } from '../sampler/sampler.ts'
import type { RouteTime } from './route-times.ts'

export interface SlowRequest {
  route: string
  seconds: number
  atMs: number
  traceId?: string
}

export interface Second {
  /** Unix time of its end. */
  atMs: number
  loopDelayP50Ms: number
  loopDelayP99Ms: number
  loopDelayMaxMs: number
  /** Of the main thread: the share of the time that it was on a CPU, 0 to 1. */
  utilization: number
  /** Cores that the process used. */
  cpu: number
  heapUsedBytes: number
  rssBytes: number
  gcMs: number
  gauges: Record<string, number>
  /** The slowest few of that second. */
  routes: RouteTime[]
}

export type News =
  | { what: 'window'; window: Window; slowest: SlowRequest[] }
  | { what: 'second'; second: Second }
