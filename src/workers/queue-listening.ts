import type { LivePositions } from '../queue/live-positions.ts'
import type { Listening } from '../queue/ports.ts'
import { makeLoop, type Part } from './loop.ts'

/** A third of the time for which the store believes it. */
const BEAT_MS = 1000

/** An API process's part in the queues: it tells its streams where they stand, and the store that it is there to listen. */
export function makeQueueListening(deps: {
  live: LivePositions
  listening: Listening
  tickMs: number
  isSaturated: () => boolean
  onError: (name: string, error: unknown) => void
}): Part[] {
  const { live, listening, onError } = deps
  return [
    makeLoop({
      name: 'queue-streams',
      idleMs: deps.tickMs,
      maxPauseMs: 5000,
      onError,
      async step() {
        await live.tick()
        return 'idle'
      },
    }),
    makeLoop({
      name: 'queue-beat',
      idleMs: BEAT_MS,
      maxPauseMs: BEAT_MS,
      onError,
      async step() {
        await listening.beat(deps.isSaturated())
        return 'idle'
      },
    }),
  ]
}
