import type { AuditReport, Finding } from '../booking/audit.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { AuditObserver } from '../workers/auditor.ts'
import type { PersisterObserver } from '../workers/persister.ts'
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
