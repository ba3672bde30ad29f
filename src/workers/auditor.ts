import { type Audit, type AuditReport, type Finding, repeatedFindings } from '../booking/audit.ts'
import type { CapacityChange } from '../catalogue/ports.ts'
import { makeLoop, type Part } from './loop.ts'

/** A finding counts once it was found, the same, this many times in a row: seats move while the audit looks. */
const EQUAL_FINDINGS = 3
/** Of so many looks in a row, the first three read every buyer's seats too. */
const LIMITS_EVERY = 10

export interface AuditObserver {
  looked(report: AuditReport): void
  /** Findings that stood three times in a row. */
  failed(findings: Finding[]): void
}

/** Checks the invariants for ever. A capacity that a change left half-way is finished; nothing else is ever repaired here. */
export function makeAuditor(deps: {
  audit: Audit
  capacity: CapacityChange
  intervalMs: number
  observer: AuditObserver
  onError: (name: string, error: unknown) => void
}): Part {
  let reports: AuditReport[] = []
  let looks = 0
  return makeLoop({
    name: 'auditor',
    idleMs: deps.intervalMs,
    maxPauseMs: Math.max(deps.intervalMs, 60_000),
    onError: deps.onError,
    async step(signal) {
      const withLimits = looks++ % LIMITS_EVERY < EQUAL_FINDINGS
      const report = await deps.audit({ withLimits, signal })
      deps.observer.looked(report)
      reports = [...reports, report].slice(-EQUAL_FINDINGS)
      if (reports.length < EQUAL_FINDINGS) return 'idle'
      const findings = repeatedFindings(reports)
      for (const finding of findings) {
        if (finding.kind === 'capacities_differ') await finishChange(report, finding.zoneId)
      }
      deps.observer.failed(findings)
      return 'idle'
    },
  })

  async function finishChange(report: AuditReport, zoneId: string): Promise<void> {
    const zone = report.zones.find(({ stored }) => stored.zoneId === zoneId)?.stored
    if (zone) await deps.capacity.change(zone.eventId, zoneId, zone.capacity)
  }
}
