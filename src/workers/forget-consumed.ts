import type { ConsumedEvents } from '../pipeline/consumer-ports.ts'
import { makeLoop, type Part } from './loop.ts'

const BATCH_ROWS = 5000

/** Forgets what consumers did so long ago that Kafka does not have it any more. Any number may run. */
export function makeForgetConsumed(deps: {
  consumed: ConsumedEvents
  retentionHours: number
  intervalMs: number
  onError: (name: string, error: unknown) => void
}): Part {
  return makeLoop({
    name: 'forget-consumed',
    idleMs: deps.intervalMs,
    maxPauseMs: deps.intervalMs * 2,
    onError: deps.onError,
    async step() {
      const forgotten = await deps.consumed.forget(deps.retentionHours, BATCH_ROWS)
      return forgotten === BATCH_ROWS ? 'more' : 'idle'
    },
  })
}
