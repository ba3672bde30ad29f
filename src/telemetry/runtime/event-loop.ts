import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { RuntimeMetrics } from '../runtime-metrics.ts'
import { whenAsked } from '../when-asked.ts'

const WINDOW_MS = 30_000
const RESOLUTION_MS = 10
const QUANTILES = [0.5, 0.9, 0.99] as const

/**
 * How late the loop is, over a window that moves by itself: were it emptied by a scrape, two scrapers would each see half. What is
 * shown is of the last window and the one that has begun, so of the last half to whole minute.
 *
 * Utilisation is the main thread's CPU time: libuv's own (`eventLoopUtilization`) takes each sample of a profiler for work, and shows an idle
 * process that is sampled as busy.
 */
export function collectEventLoop(
  metrics: Pick<RuntimeMetrics, 'loopDelayQuantiles' | 'loopUtilization'>,
): () => void {
  let before = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  let now = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  now.enable()
  // Until it has run once, Node takes it for something that keeps the loop alive.
  before.enable()
  before.disable()
  let windowBegan = look()
  let lastBegan = windowBegan

  const timer = setInterval(() => {
    const ended = now
    const emptied = before
    before = now
    now = emptied
    now.reset()
    now.enable()
    // The turn that is under way is the old one's; the new one measures from its own first turn on.
    setTimeout(() => ended.disable(), 10 * RESOLUTION_MS).unref()
    lastBegan = windowBegan
    windowBegan = look()
  }, WINDOW_MS).unref()

  /** A timer is never early: what it takes on time is not a delay. */
  const seconds = (nanoseconds: number) => Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1000)

  metrics.loopDelayQuantiles.readFrom(() => {
    const windows = [before, now].filter(({ count }) => count > 0)
    const worst = (value: (window: typeof now) => number) => Math.max(0, ...windows.map(value))
    return [
      ...QUANTILES.map((rank) => [rank, worst((window) => seconds(window.percentile(rank * 100)))] as const),
      [1, worst(({ max }) => seconds(max))],
    ]
  })
  whenAsked(metrics.loopUtilization, () => {
    const { atMs, cpuMs } = look()
    const share = (cpuMs - lastBegan.cpuMs) / Math.max(1, atMs - lastBegan.atMs)
    metrics.loopUtilization.set(Math.min(1, share))
  })

  return () => {
    clearInterval(timer)
    for (const window of [before, now]) window.disable()
  }
}

function look(): { atMs: number; cpuMs: number } {
  const { user, system } = process.threadCpuUsage()
  return { atMs: performance.now(), cpuMs: (user + system) / 1000 }
}
