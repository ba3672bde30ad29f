import type { AuditReport, Finding } from '../booking/audit.ts'
import type { PausedBy } from '../queue/model.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { AuditObserver } from '../workers/auditor.ts'
import type { PersisterObserver } from '../workers/persister.ts'
import type { QueueObserver } from '../workers/queues.ts'
import { showSeats } from './observed-inventory.ts'
import type { ServiceLog } from './service-log.ts'

/** Shows how far PostgreSQL is behind the streams. */
export function observeBacklog(metrics: Metrics): PersisterObserver {
  return {
    written: (entries) => metrics.persistBatch.observe(entries),
    backlog(partitions) {
      let oldestMs = 0
      metrics.levels.walEntries = partitions.reduce((sum, { entries }) => sum + entries, 0)
      for (const { partition, entries, oldestMs: age } of partitions) {
        metrics.walBacklog.set({ partition: String(partition) }, entries)
        oldestMs = Math.max(oldestMs, age)
      }
      metrics.walLag.set(oldestMs / 1000)
    },
  }
}

/** Shows what the audit sees, and reports what it finds for the third time. */
export function observeAudit(metrics: Metrics, log: ServiceLog): AuditObserver {
  return {
    looked(report) {
      showSeats(metrics, report.zones)
      metrics.drift.set({ store: 'redis' }, driftOf(report, 'live_sum'))
      metrics.drift.set({ store: 'postgres' }, driftOf(report, 'stored_sum'))
      metrics.drift.set({ store: 'both' }, driftOf(report, 'stores_differ'))
    },
    failed(findings) {
      if (findings.length === 0) return
      metrics.auditFailures.inc()
      log.error(
        { findings: findings.slice(0, 20), all: findings.length },
        'the audit found the same fault three times',
      )
    },
  }
}

function driftOf(report: AuditReport, kind: Finding['kind']): number {
  return report.findings.reduce(
    (sum, finding) => (finding.kind === kind && 'drift' in finding ? sum + Math.abs(finding.drift) : sum),
    0,
  )
}

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

/** Shows how queues move. */
export function observeQueues(metrics: Metrics): QueueObserver {
  const shown = new Set<string>()
  return {
    released(event, result) {
      metrics.queueReleased.inc(result.released)
      for (const seconds of result.waitedSeconds) metrics.queueWait.observe(seconds)
      if (!shown.has(event) && shown.size >= MAX_QUEUE_SERIES) return
      shown.add(event)
      const { pausedBy, oldestJoinedAtMs } = result
      const paused = pausedBy !== null && pausedBy !== 'cap'
      metrics.queueWaiting.set({ event }, result.waiting)
      metrics.queueActivePasses.set({ event }, result.activePasses)
      metrics.queueTarget.set({ event }, paused ? 0 : result.releaseRatePerSecond)
      metrics.queueOldestWait.set(
        { event },
        oldestJoinedAtMs === null ? 0 : Math.max(0, (Date.now() - oldestJoinedAtMs) / 1000),
      )
      for (const reason of PAUSE_REASONS)
        metrics.queuePaused.set({ event, reason }, reason === pausedBy ? 1 : 0)
    },
    passedOver: (people) => metrics.queuePassedOver.inc(people),
  }
}
