import type { Cost } from '../link/protocol.ts'

/** Runs work that keeps the main thread to itself. @returns its result and what it cost */
export function measured<T>(work: () => T): { value: T; cost: Cost } {
  const rssBytes = process.memoryUsage.rss()
  const cpu = process.threadCpuUsage()
  const beganMs = performance.now()
  const value = work()
  const stallMs = performance.now() - beganMs
  const { user, system } = process.threadCpuUsage(cpu)
  const peakBytes = Math.max(0, process.memoryUsage.rss() - rssBytes)
  return { value, cost: { stallMs, cpuMs: (user + system) / 1000, peakBytes } }
}

/** The same for work that waits in between: other work of the main thread meanwhile is counted with it. */
export async function measuredAsync<T>(work: () => Promise<T>): Promise<{ value: T; cost: Cost }> {
  const rssBytes = process.memoryUsage.rss()
  const cpu = process.threadCpuUsage()
  const beganMs = performance.now()
  const value = await work()
  const stallMs = performance.now() - beganMs
  const { user, system } = process.threadCpuUsage(cpu)
  const peakBytes = Math.max(0, process.memoryUsage.rss() - rssBytes)
  return { value, cost: { stallMs, cpuMs: (user + system) / 1000, peakBytes } }
}
