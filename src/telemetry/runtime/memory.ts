import { totalmem } from 'node:os'
import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8'
import type { RuntimeMetrics } from '../runtime-metrics.ts'
import { whenAsked } from '../when-asked.ts'

type Memory = Pick<
  RuntimeMetrics,
  'heapUsed' | 'heapAvailable' | 'heapLimit' | 'externalMemory' | 'residentMemory' | 'memoryLimit'
>

/** Read when somebody asks. */
export function collectMemory(metrics: Memory): void {
  whenAsked(metrics.heapUsed, () => {
    for (const space of getHeapSpaceStatistics())
      metrics.heapUsed.set({ space: nameOf(space) }, space.space_used_size)
  })
  whenAsked(metrics.heapAvailable, () => {
    for (const space of getHeapSpaceStatistics())
      metrics.heapAvailable.set({ space: nameOf(space) }, space.space_available_size)
  })
  whenAsked(metrics.heapLimit, () => metrics.heapLimit.set(getHeapStatistics().heap_size_limit))
  whenAsked(metrics.externalMemory, () => metrics.externalMemory.set(process.memoryUsage().external))
  whenAsked(metrics.residentMemory, () => metrics.residentMemory.set(process.memoryUsage.rss()))
  whenAsked(metrics.memoryLimit, () => metrics.memoryLimit.set(memoryLimitBytes()))
}

function nameOf({ space_name }: { space_name: string }): string {
  return space_name.replace(/_space$/, '')
}

/** Of the control group; without a limit Node gives 0 or a number that no machine has. */
function memoryLimitBytes(): number {
  const limit = process.constrainedMemory()
  return limit > 0 && limit < totalmem() ? limit : totalmem()
}
