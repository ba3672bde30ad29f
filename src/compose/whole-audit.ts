import type { Audit } from '../booking/audit.ts'
import type { AuditPayments } from '../payments/audit.ts'

/** Seats and money in one report. Money is looked at as often as every buyer's seats are: both read whole tables. */
export function makeWholeAudit(audit: Audit, auditPayments: AuditPayments): Audit {
  return async (options) => {
    const report = await audit(options)
    if (!options.withLimits) return report
    return { ...report, findings: [...report.findings, ...(await auditPayments())] }
  }
}
