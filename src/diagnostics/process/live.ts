/** What the live page asks each process for: the application's metrics, and Node's own figures. */
import { performance } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import { limits } from '../limits.ts'
import type { MetricFamily } from '../metrics/family.ts'
import { isHttpHistogram } from '../metrics/http-histogram.ts'
import type { ProcessOptions } from '../options.ts'
import { gaugesNow } from './gauges-now.ts'
import { inFlightByName, type Underway } from './in-flight-by-name.ts'
import { type Instruments, startInstruments } from './instruments.ts'

/** Times, counts and the loop's active and idle time go up for ever; the delay is of the time that the reader asked for. */
export interface ProcessReading {
  pid: number
  /** By performance.now() of this process: what a reader that knows this reading asks for next. */
  atMs: number
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
  inFlight: Underway[]
  process: ProcessReading
}

/** @param sinceMs `atMs` of the last reading that the reader has; null for one that has none */
export interface LiveQuestion {
  sinceMs: number | null
}

/** @returns how to answer. Instruments run from the first question on until nobody has asked for a while. */
export function makeLive(options: ProcessOptions): (question: LiveQuestion) => Promise<LiveReading> {
  let instruments: Instruments | null = null
  let looksWithoutQuestion = 0
  let idle: NodeJS.Timeout | undefined

  function used(): Instruments {
    looksWithoutQuestion = 0
    if (!instruments) {
      instruments = startInstruments()
      idle = setInterval(stopWhenIdle, limits.liveIdleMs / 2).unref()
    }
    return instruments
  }

  /** At the second look: during a block questions wait, and behind it there is one look, however long it was. */
  function stopWhenIdle(): void {
    if (++looksWithoutQuestion < 2) return
    clearInterval(idle)
    instruments?.stop()
    instruments = null
  }

  return async ({ sinceMs }) => {
    const began = process.threadCpuUsage()
    const { delayMs, gc, requests } = used()
    const families = await familiesNow(options)
    if (!families.some(isHttpHistogram)) families.push(requests())
    const memory = process.memoryUsage()
    const cpu = process.cpuUsage()
    // libuv's own utilisation takes each sample of the profiler for work.
    const thread = process.threadCpuUsage()
    const activeMs = (thread.user + thread.system) / 1000
    const { atMs, ...delay } = await delayMs(sinceMs)
    const reading: ProcessReading = {
      pid: process.pid,
      atMs,
      uptimeSeconds: process.uptime(),
      cpuSeconds: (cpu.user + cpu.system) / 1e6,
      activeMs,
      idleMs: Math.max(0, performance.now() - activeMs),
      delayMs: delay,
      gc: gc(),
      rssBytes: memory.rss,
      heapUsedBytes: memory.heapUsed,
      heapLimitBytes: getHeapStatistics().heap_size_limit,
      externalBytes: memory.external,
      costMs: 0,
    }
    const gauges = gaugesNow(options.gauges ?? {})
    const inFlight = inFlightByName()
    const { user, system } = process.threadCpuUsage(began)
    reading.costMs = (user + system) / 1000
    return { families, gauges, inFlight, process: reading }
  }
}

/** None where the application's callback throws: /metrics says so, and here the process is to be seen all the same. */
async function familiesNow({ metrics }: ProcessOptions): Promise<MetricFamily[]> {
  try {
    return [...((await metrics?.()) ?? [])]
  } catch {
    return []
  }
}
