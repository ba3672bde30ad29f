import type { Chart, Values } from './charts.ts'
import type { Seen } from './readings.ts'

/** One process; what is a rate is null until it has been seen twice. */
export interface ProcessFigures {
  worker: number
  pid: number
  uptimeSeconds: number
  /** Cores in use. */
  cpu: number | null
  utilization: number | null
  delayP50: number
  delayP99: number
  delayMax: number
  gcSeconds: number | null
  gcCount: number | null
  rssBytes: number
  heapUsedBytes: number
  heapLimitBytes: number
  externalBytes: number
  /** Of the page itself: milliseconds of the main thread for this reading. */
  costMs: number
}

export function processFigures({ worker, reading, atMs, before }: Seen): ProcessFigures {
  const now = reading.process
  const old = before?.reading.process
  const seconds = before ? (atMs - before.atMs) / 1000 : 0
  // Instruments that were started again begin at nothing.
  const rate = (value: number, earlier: number | undefined) =>
    earlier === undefined || seconds <= 0 ? null : Math.max(0, value - earlier) / seconds
  const activeMs = old ? now.activeMs - old.activeMs : 0
  const loopMs = old ? activeMs + now.idleMs - old.idleMs : 0
  return {
    worker,
    pid: now.pid,
    uptimeSeconds: now.uptimeSeconds,
    cpu: rate(now.cpuSeconds, old?.cpuSeconds),
    utilization: loopMs > 0 ? activeMs / loopMs : null,
    delayP50: now.delayMs.p50 / 1000,
    delayP99: now.delayMs.p99 / 1000,
    delayMax: now.delayMs.max / 1000,
    gcSeconds: rate(now.gc.seconds, old?.gc.seconds),
    gcCount: rate(now.gc.count, old?.gc.count),
    rssBytes: now.rssBytes,
    heapUsedBytes: now.heapUsedBytes,
    heapLimitBytes: now.heapLimitBytes,
    externalBytes: now.externalBytes,
    costMs: now.costMs,
  }
}

/** Sums where things add up, the worst of all processes where they do not. */
export function nodeValues(processes: readonly ProcessFigures[]): Values {
  const sum = (of: (figures: ProcessFigures) => number | null) =>
    known(processes.map(of)).reduce<number | null>((total, value) => (total ?? 0) + value, null)
  const worst = (of: (figures: ProcessFigures) => number | null) => {
    const values = known(processes.map(of))
    return values.length === 0 ? null : Math.max(...values)
  }
  return {
    'loop.p50': worst(({ delayP50 }) => delayP50),
    'loop.p99': worst(({ delayP99 }) => delayP99),
    'loop.max': worst(({ delayMax }) => delayMax),
    'loop.utilization': worst(({ utilization }) => utilization),
    cpu: sum(({ cpu }) => cpu),
    'memory.rss': sum(({ rssBytes }) => rssBytes),
    'memory.heap': sum(({ heapUsedBytes }) => heapUsedBytes),
    'memory.external': sum(({ externalBytes }) => externalBytes),
    'memory.limit': sum(({ heapLimitBytes }) => heapLimitBytes),
    'gc.seconds': sum(({ gcSeconds }) => gcSeconds),
    'gc.count': sum(({ gcCount }) => gcCount),
    'page.cost': sum(({ costMs }) => costMs / 1000),
  }
}

function known(values: readonly (number | null)[]): number[] {
  return values.filter((value) => value !== null)
}

function chart(id: string, title: string, unit: string, ...series: [key: string, label: string][]): Chart {
  return {
    id,
    group: 'Service',
    title,
    unit,
    series: series.map(([key, label]) => ({ key, label })),
    more: 0,
  }
}

/** What every Node service has. */
export const nodeCharts: readonly Chart[] = [
  chart('requests', 'Requests', '/s', ['http.rate', 'all'], ['http.errors', 'errors']),
  chart('latency', 'Latency', 's', ['http.p50', 'p50'], ['http.p95', 'p95'], ['http.p99', 'p99']),
  chart('delay', 'Event-loop delay', 's', ['loop.p50', 'p50'], ['loop.p99', 'p99'], ['loop.max', 'max']),
  chart('busy', 'CPU and event loop', 'ratio', ['cpu', 'CPU'], ['loop.utilization', 'loop busy']),
  chart(
    'memory',
    'Memory',
    'B',
    ['memory.rss', 'RSS'],
    ['memory.heap', 'heap used'],
    ['memory.external', 'external'],
  ),
  chart('gc', 'Garbage collection', 'ratio', ['gc.seconds', 'of the time']),
]
