import type { RuntimeMetrics } from '../runtime-metrics.ts'
import { collectEventLoop } from './event-loop.ts'
import { collectGarbage } from './garbage.ts'
import { collectMemory } from './memory.ts'
import { collectProcess } from './process.ts'

/** Fills the metrics of this process from now on. @returns what ends it */
export function collectRuntime(metrics: RuntimeMetrics): () => void {
  collectMemory(metrics)
  collectProcess(metrics)
  const stops = [collectEventLoop(metrics), collectGarbage(metrics)]
  return () => {
    for (const stop of stops) stop()
  }
}
