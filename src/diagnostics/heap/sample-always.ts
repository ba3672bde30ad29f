import type { Background } from '../process/background.ts'
import { refusalOf } from '../refusal.ts'

/** Where the application asked for it the heap is sampled from the start: what a profile shows later has a stack from then on. */
export const sampleHeap: Background = ({ options, heapSampler }) => {
  if (!options.heapSampling) return () => {}
  const started = heapSampler.start().catch((error: unknown) => {
    options.log?.warn({ why: refusalOf(error).message }, 'the heap is not sampled')
  })
  return async () => {
    await started
    heapSampler.stop()
  }
}
