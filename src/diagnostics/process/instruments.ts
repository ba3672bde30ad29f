/** What Node can tell of itself when it is asked to: loop delay, garbage collection and, where nobody else counts them, HTTP requests. */
import { constants, monitorEventLoopDelay, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks'
import { makeRequestTimes } from './request-times.ts'

const DELAY_RESOLUTION_MS = 10

export type Instruments = ReturnType<typeof startInstruments>

interface GcEntry {
  duration: number
  detail?: { kind?: number }
}

/** They cost little, but not nothing, so they run only while somebody looks. */
export function startInstruments() {
  const delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS })
  delay.enable()
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
    /** Since the last call. What is over the interval of its own timer is delay. */
    delayMs() {
      const at = (percentile: number) =>
        delay.count === 0 ? 0 : Math.max(0, delay.percentile(percentile) / 1e6 - DELAY_RESOLUTION_MS)
      const read = { p50: at(50), p99: at(99), max: delay.count === 0 ? 0 : at(100) }
      delay.reset()
      return read
    },
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
      delay.disable()
      gc.disconnect()
      http?.disconnect()
    },
  }
}
