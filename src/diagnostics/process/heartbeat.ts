import { limits } from '../limits.ts'
import { monotonicMs } from '../monotonic.ts'
import { slots } from '../shared.ts'
import type { Background } from './background.ts'

/**
 * Tells the thread beside this one that the event loop turns. A heartbeat that comes late is noted by the main thread itself, so that
 * every block is counted, however late the other thread looks.
 */
export const heartbeat: Background = ({ shared }) => {
  const view = new Float64Array(shared)
  let lastMs = monotonicMs()
  view[slots.beatMs] = lastMs
  const timer = setInterval(diagnosticsHeartbeat, limits.heartbeatMs)
  timer.unref()

  function diagnosticsHeartbeat(): void {
    const nowMs = monotonicMs()
    if (nowMs - lastMs >= limits.blockMinMs) {
      const late = view[slots.lateBeats] ?? 0
      const at = slots.lateBeatsRing + 2 * (late % limits.lateBeatsKept)
      view[at] = lastMs
      view[at + 1] = nowMs
      view[slots.lateBeats] = late + 1
    }
    lastMs = nowMs
    view[slots.beatMs] = nowMs
  }

  return () => {
    clearInterval(timer)
    view[slots.beatMs] = 0
  }
}

/** The function by which a stack is known to be nothing but the heartbeat. */
export const HEARTBEAT = 'diagnosticsHeartbeat'
