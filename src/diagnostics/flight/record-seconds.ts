import { PerformanceObserver } from 'node:perf_hooks'
import { limits } from '../limits.ts'
import type { Background } from '../process/background.ts'
import { gaugesNow } from '../process/gauges-now.ts'
import { makeLoopDelays } from '../process/loop-delays.ts'
import type { Second } from './news.ts'
import { takeTimes } from './route-times.ts'

/** A line each second of how the process is; one that is late, because the main thread was blocked, covers all of that time. */
export const recordSeconds: Background = ({ options, tell }) => {
  if (!options.continuous) return () => {}
  const delays = makeLoopDelays(limits.loopDelayResolutionMs)
  let delayReadMs: number | null = null
  let gcMs = 0
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) gcMs += duration
  })
  observer.observe({ entryTypes: ['gc'] })

  let cpuBefore = process.cpuUsage()
  let threadBefore = process.threadCpuUsage()
  let beforeMs = performance.now()

  async function read(): Promise<Second> {
    const delay = await delays.since(delayReadMs)
    delayReadMs = delay.atMs
    const nowMs = performance.now()
    const elapsedMs = Math.max(1, nowMs - beforeMs)
    const cpu = process.cpuUsage(cpuBefore)
    const thread = process.threadCpuUsage(threadBefore)
    const memory = process.memoryUsage()
    const second: Second = {
      atMs: Date.now(),
      loopDelayP50Ms: delay.p50,
      loopDelayP99Ms: delay.p99,
      loopDelayMaxMs: delay.max,
      // Not the event loop's own number: the sampler's signals interrupt its waiting, which libuv then counts as work.
      utilization: Math.min(1, (thread.user + thread.system) / 1000 / elapsedMs),
      cpu: (cpu.user + cpu.system) / 1000 / elapsedMs,
      heapUsedBytes: memory.heapUsed,
      rssBytes: memory.rss,
      gcMs,
      gauges: Object.fromEntries(gaugesNow(options.gauges ?? {})),
      routes: takeTimes(),
    }
    cpuBefore = process.cpuUsage()
    threadBefore = process.threadCpuUsage()
    beforeMs = nowMs
    gcMs = 0
    return second
  }

  const timer = setInterval(() => void read().then((second) => tell({ what: 'second', second })), 1000)
  timer.unref()
  return () => {
    clearInterval(timer)
    observer.disconnect()
    delays.stop()
  }
}
