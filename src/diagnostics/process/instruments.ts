/** What Node can tell of itself when it is asked to: loop delay, garbage collection and, where nobody else counts them, HTTP requests. */
import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks'
import { makeLoopDelays } from './loop-delays.ts'
import { makeRequestTimes } from './request-times.ts'

const DELAY_RESOLUTION_MS = 10

export type Instruments = ReturnType<typeof startInstruments>

interface GcEntry {
  duration: number
  detail?: { kind?: number }
}

/** They cost little, but not nothing, so they run only while somebody looks. */
export function startInstruments() {
  const delays = makeLoopDelays(DELAY_RESOLUTION_MS)
  let gcCount = 0
  let gcMajorCount = 0
  let gcSeconds = 0
  const gc = new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as (PerformanceEntry & GcEntry)[]) {
      gcCount++
      gcSeconds += entry.duration / 1000
      if (entry.detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR) gcMajorCount++
    }
  })
  gc.observe({ entryTypes: ['gc'] })
  const requests = makeRequestTimes()
  let http: PerformanceObserver | null = null

  return {
    delayMs: delays.since,
    gc: () => ({ count: gcCount, majorCount: gcMajorCount, seconds: gcSeconds }),
    /** The times of node:http's requests as a family, from the first call on. */
    requests() {
      if (!http) {
        http = new PerformanceObserver((list) => requests.add(list.getEntries()))
        http.observe({ entryTypes: ['http'] })
      }
      return requests.family()
    },
    stop(): void {
      delays.stop()
      gc.disconnect()
      http?.disconnect()
    },
  }
}
