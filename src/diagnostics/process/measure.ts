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

/**
 * For work of either kind. Where it waits nobody knows how long it kept the main thread without a break: not longer than the CPU time that
 * was used until its end.
 */
export async function measuredWhole<T>(work: () => T | Promise<T>): Promise<{ value: T; cost: Cost }> {
  const begun = measured(work)
  if (!(begun.value instanceof Promise)) return { value: begun.value, cost: begun.cost }
  const pending = begun.value
  const { value, cost: waited } = await measuredAsync(() => pending)
  return {
    value,
    cost: {
      stallMs: Math.max(begun.cost.stallMs, Math.min(waited.stallMs, waited.cpuMs)),
      cpuMs: begun.cost.cpuMs + waited.cpuMs,
      peakBytes: begun.cost.peakBytes + waited.peakBytes,
    },
  }
}
