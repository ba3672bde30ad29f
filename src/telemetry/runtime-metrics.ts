import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { makeWindowSummary } from './window-summary.ts'

/** Not over processes: each has a heap and a loop of its own, and a label says whose it is. */
const aggregator = 'omit' as const

/** Node and the process, filled by the collectors in runtime/. */
export function makeRuntimeMetrics(registers: Registry[]) {
  return {
    loopDelayQuantiles: makeWindowSummary({
      name: 'nodejs_eventloop_delay_seconds',
      help: 'How late timers were over the last half to whole minute, by quantile; 1 is the worst',
      registers,
    }),
    loopUtilization: new Gauge({
      name: 'nodejs_eventloop_utilization_ratio',
      help: 'CPU time of the main thread by the clock, over the last half to whole minute; 1 is all it can',
      aggregator,
      registers,
    }),
    gcDuration: new Histogram({
      name: 'nodejs_gc_duration_seconds',
      help: 'Garbage collections, by kind',
      labelNames: ['kind'] as const,
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
      aggregator,
      registers,
    }),
    heapUsed: new Gauge({
      name: 'nodejs_heap_space_used_bytes',
      help: 'Heap in use, by space',
      labelNames: ['space'] as const,
      aggregator,
      registers,
    }),
    heapAvailable: new Gauge({
      name: 'nodejs_heap_space_available_bytes',
      help: 'Heap that may be used before a space has to grow, by space',
      labelNames: ['space'] as const,
      aggregator,
      registers,
    }),
    heapLimit: new Gauge({
      name: 'nodejs_heap_limit_bytes',
      help: 'Heap at which the process ends itself',
      aggregator,
      registers,
    }),
    externalMemory: new Gauge({
      name: 'nodejs_external_memory_bytes',
      help: 'Memory of buffers and native objects, outside of the heap',
      aggregator,
      registers,
    }),
    activeResources: new Gauge({
      name: 'nodejs_active_resources',
      help: 'What keeps the event loop alive, by type',
      labelNames: ['type'] as const,
      aggregator,
      registers,
    }),
    residentMemory: new Gauge({
      name: 'process_resident_memory_bytes',
      help: 'Memory that the process has in RAM',
      aggregator,
      registers,
    }),
    memoryLimit: new Gauge({
      name: 'process_memory_limit_bytes',
      help: 'Memory that the process may have: of its control group, or of the machine',
      aggregator,
      registers,
    }),
    cpuSeconds: new Counter({
      name: 'process_cpu_seconds_total',
      help: 'CPU time of the process and all its threads',
      labelNames: ['mode'] as const,
      aggregator,
      registers,
    }),
    openFiles: new Gauge({
      name: 'process_open_fds',
      help: 'Open files, sockets among them',
      aggregator,
      registers,
    }),
    startTime: new Gauge({
      name: 'process_start_time_seconds',
      help: 'When the process started, since 1970',
      aggregator,
      registers,
    }),
    nodeVersion: new Gauge({
      name: 'nodejs_version_info',
      help: 'Always 1; the label says which Node runs this',
      labelNames: ['version'] as const,
      aggregator,
      registers,
    }),
  }
}

export type RuntimeMetrics = ReturnType<typeof makeRuntimeMetrics>
