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
  let lastIdleMs = performance.eventLoopUtilization().idle
  view[slots.beatMs] = lastMs
  const timer = setInterval(diagnosticsHeartbeat, limits.heartbeatMs)
  timer.unref()

  function diagnosticsHeartbeat(): void {
    const nowMs = monotonicMs()
    const idleMs = performance.eventLoopUtilization().idle
    // It may have waited for events until the next heartbeat was due, and no longer unless it was stopped. The event loop counts too little
    // of its waiting while a profiler's signals interrupt it, never too much: then a block seems longer by up to one heartbeat, and none is missed.
    const fromMs = lastMs + Math.min(idleMs - lastIdleMs, limits.heartbeatMs)
    if (nowMs - fromMs >= limits.blockMinMs) {
      const late = view[slots.lateBeats] ?? 0
      const at = slots.lateBeatsRing + 2 * (late % limits.lateBeatsKept)
      view[at] = fromMs
      view[at + 1] = nowMs
      view[slots.lateBeats] = late + 1
    }
    lastIdleMs = idleMs
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
