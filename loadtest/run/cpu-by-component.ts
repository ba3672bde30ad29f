/** CPU seconds that each process has taken so far, by what it is; k6 counts when it has ended. */
import { cpuSeconds, endedChildrenCpuSeconds, treeCpuSeconds } from '../bench/process-usage.ts'
import type { ServiceProcess } from '../bench/service-process.ts'
import type { Stage } from '../bench/stage.ts'

export type CpuSeconds = Record<string, number>

export function cpuOf({ pids }: Stage, api: ServiceProcess, worker: ServiceProcess): CpuSeconds {
  const { redis = 0, postgres = 0, kafka = 0 } = pids
  return {
    api: treeCpuSeconds(api.pid),
    worker: cpuSeconds(worker.pid),
    redis: cpuSeconds(redis),
    postgres: treeCpuSeconds(postgres),
    kafka: cpuSeconds(kafka),
    k6: endedChildrenCpuSeconds(),
  }
}

export function cpuSince(before: CpuSeconds, after: CpuSeconds): CpuSeconds {
  return Object.fromEntries(Object.entries(after).map(([name, value]) => [name, value - (before[name] ?? 0)]))
}
