/** What the live page asks each process for: the application's metrics, and Node's own figures. */
import { performance } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import { limits } from '../limits.ts'
import type { MetricFamily } from '../metrics/family.ts'
import { isHttpHistogram } from '../metrics/http-histogram.ts'
import type { ProcessOptions } from '../options.ts'
import { type Instruments, startInstruments } from './instruments.ts'

/** Times, counts and the loop's active and idle time go up for ever; the delay is of the time since the last question. */
export interface ProcessReading {
  pid: number
  uptimeSeconds: number
  cpuSeconds: number
  activeMs: number
  idleMs: number
  delayMs: { p50: number; p99: number; max: number }
  gc: { count: number; majorCount: number; seconds: number }
  rssBytes: number
  heapUsedBytes: number
  heapLimitBytes: number
  externalBytes: number
  /** What answering cost the main thread. */
  costMs: number
}

export interface LiveReading {
  families: MetricFamily[]
  gauges: [name: string, value: number][]
  process: ProcessReading
}

/** @returns how to answer. Instruments run from the first question on until nobody has asked for a while. */
export function makeLive(options: ProcessOptions): () => Promise<LiveReading> {
  let instruments: Instruments | null = null
  let idle: NodeJS.Timeout | null = null

  function used(): Instruments {
    instruments ??= startInstruments()
    if (idle) idle.refresh()
    else {
      idle = setTimeout(() => {
        instruments?.stop()
        instruments = null
        idle = null
      }, limits.liveIdleMs)
      idle.unref()
    }
    return instruments
  }

  return async () => {
    const began = process.threadCpuUsage()
    const { delayMs, gc, requests } = used()
    const families = [...((await options.metrics?.()) ?? [])]
    if (!families.some(isHttpHistogram)) families.push(requests())
    const memory = process.memoryUsage()
    const cpu = process.cpuUsage()
    // libuv's own utilisation takes each sample of the profiler for work.
    const thread = process.threadCpuUsage()
    const activeMs = (thread.user + thread.system) / 1000
    const reading: ProcessReading = {
      pid: process.pid,
      uptimeSeconds: process.uptime(),
      cpuSeconds: (cpu.user + cpu.system) / 1e6,
      activeMs,
      idleMs: Math.max(0, performance.now() - activeMs),
      delayMs: delayMs(),
      gc: gc(),
      rssBytes: memory.rss,
      heapUsedBytes: memory.heapUsed,
      heapLimitBytes: getHeapStatistics().heap_size_limit,
      externalBytes: memory.external,
      costMs: 0,
    }
    const gauges = Object.entries(options.gauges ?? {}).map(([name, read]): [string, number] => [
      name,
      read(),
    ])
    const { user, system } = process.threadCpuUsage(began)
    reading.costMs = (user + system) / 1000
    return { families, gauges, process: reading }
  }
}
