import { totalmem } from 'node:os'
import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8'
import type { RuntimeMetrics } from '../runtime-metrics.ts'

type Memory = Pick<
  RuntimeMetrics,
  'heapUsed' | 'heapAvailable' | 'heapLimit' | 'externalMemory' | 'residentMemory' | 'memoryLimit'
>

/** Read when somebody asks. */
export function collectMemory(metrics: Memory): void {
  Object.assign(metrics.heapUsed, {
    collect() {
      for (const { space_name, space_used_size, space_available_size } of getHeapSpaceStatistics()) {
        const space = space_name.replace(/_space$/, '')
        metrics.heapUsed.set({ space }, space_used_size)
        metrics.heapAvailable.set({ space }, space_available_size)
      }
      metrics.heapLimit.set(getHeapStatistics().heap_size_limit)
    },
  })
  Object.assign(metrics.residentMemory, {
    collect() {
      const { rss, external } = process.memoryUsage()
      metrics.residentMemory.set(rss)
      metrics.externalMemory.set(external)
      metrics.memoryLimit.set(memoryLimitBytes())
    },
  })
}

/** Of the control group; without a limit Node gives 0 or a number that no machine has. */
function memoryLimitBytes(): number {
  const limit = process.constrainedMemory()
  return limit > 0 && limit < totalmem() ? limit : totalmem()
}
