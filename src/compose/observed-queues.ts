import type { PausedBy } from '../queue/model.ts'
import type { Released } from '../queue/ports.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { whenAsked } from '../telemetry/when-asked.ts'
import type { QueueObserver } from '../workers/queues.ts'

const PAUSE_REASONS = Object.keys({
  organizer: true,
  backlog: true,
  load: true,
  not_on_sale: true,
  draw: true,
  cap: true,
} satisfies Record<PausedBy, true>) as PausedBy[]
/** Events that have series of their own; a service that runs more queues at a time sees the first. */
const MAX_QUEUE_SERIES = 100
/** A queue that runs is looked at many times a second: without a look for so long it has gone, and so do its series. */
const GONE_AFTER_MS = 60_000

/** Shows how queues move. @param nowMs of any clock that only goes forward */
export function observeQueues(metrics: Metrics, nowMs: () => number): QueueObserver {
  const lookedAtMs = new Map<string, number>()
  const { queueWaiting, queueActivePasses, queueTarget, queueOldestWait, queuePaused } = metrics
  const gauges = [queueWaiting, queueActivePasses, queueTarget, queueOldestWait]
  for (const gauge of [...gauges, queuePaused]) whenAsked(gauge, forgetGone)

  function forgetGone(): void {
    const now = nowMs()
    for (const [event, atMs] of lookedAtMs) if (now - atMs >= GONE_AFTER_MS) forget(event)
  }

  function forget(event: string): void {
    lookedAtMs.delete(event)
    for (const gauge of gauges) gauge.remove({ event })
    for (const reason of PAUSE_REASONS) queuePaused.remove({ event, reason })
  }

  function show(event: string, { pausedBy, oldestJoinedAtMs, ...result }: Released): void {
    const paused = pausedBy !== null && pausedBy !== 'cap'
    queueWaiting.set({ event }, result.waiting)
    queueActivePasses.set({ event }, result.activePasses)
    queueTarget.set({ event }, paused ? 0 : result.releaseRatePerSecond)
    queueOldestWait.set(
      { event },
      oldestJoinedAtMs === null ? 0 : Math.max(0, (Date.now() - oldestJoinedAtMs) / 1000),
    )
    for (const reason of PAUSE_REASONS) queuePaused.set({ event, reason }, reason === pausedBy ? 1 : 0)
  }

  return {
    released(event, result) {
      metrics.queueReleased.inc(result.released)
      for (const seconds of result.waitedSeconds) metrics.queueWait.observe(seconds)
      if (!lookedAtMs.has(event) && lookedAtMs.size >= MAX_QUEUE_SERIES) forgetGone()
      if (!lookedAtMs.has(event) && lookedAtMs.size >= MAX_QUEUE_SERIES) return
      lookedAtMs.set(event, nowMs())
      show(event, result)
    },
    passedOver: (people) => metrics.queuePassedOver.inc(people),
  }
}
