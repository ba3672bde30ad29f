import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { mainPath, type Stage } from './stage.ts'

const run = promisify(execFile)
const TIMEOUT_MS = 180_000
/** A broker whose first consumer this is may refuse it until its own topics are there: that is no finding. */
const LOOKS = 3
const OUTPUT_MAX_BYTES = 64 * 2 ** 20

export interface AuditOutcome {
  bookingsInPostgres: number | null
  bookingsInKafka: number | null
}

export interface AuditReport {
  ok: boolean
  findings: unknown[]
  /** What is still on its way between the stores. */
  waiting: string | null
  kafka: { inKafka: number; inPostgres: number; equal: boolean; summary: string } | null
}

/** Numbers are worth nothing when a seat was lost or sold twice on the way. @throws when the audit is not green */
export async function auditStage(
  stage: Stage,
  withKafka: boolean,
  timeoutMs = TIMEOUT_MS,
): Promise<AuditOutcome> {
  const report = await auditReport(stage, withKafka, timeoutMs)
  if (!report.ok) throw new Error(`the audit is not green: ${JSON.stringify(report)}`)
  return {
    bookingsInPostgres: report.kafka?.inPostgres ?? null,
    bookingsInKafka: report.kafka?.inKafka ?? null,
  }
}

/** What `npm run audit` says. @throws when it could not be carried out */
export function auditReport(
  stage: Pick<Stage, 'env'>,
  withKafka: boolean,
  timeoutMs = TIMEOUT_MS,
): Promise<AuditReport> {
  return look(stage, { more: withKafka ? ['--kafka'] : [], timeoutMs, tries: LOOKS })
}

/** What is not as it must be, in sentences. */
export function auditProblems({ ok, findings, waiting, kafka }: AuditReport): string[] {
  if (ok) return []
  const found = findings.slice(0, 10).map((finding) => `audit: ${JSON.stringify(finding)}`)
  if (waiting) found.push(`audit: ${waiting}`)
  if (kafka && !kafka.equal) found.push(`audit: ${kafka.summary}`)
  return found.length > 0 ? found : ['audit: not green']
}

/** Exit code 1 with a report is a finding; without one the audit itself could not be carried out, and is tried again. */
async function look(
  stage: Pick<Stage, 'env'>,
  asked: { more: readonly string[]; timeoutMs: number; tries: number },
): Promise<AuditReport> {
  const { more, timeoutMs: timeout, tries } = asked
  const args = [mainPath, 'audit', '--json', ...more]
  const options = { env: { ...stage.env }, timeout, maxBuffer: OUTPUT_MAX_BYTES }
  try {
    return JSON.parse((await run(process.execPath, args, options)).stdout) as AuditReport
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    if (stdout.startsWith('{')) return JSON.parse(stdout) as AuditReport
    if (tries > 1) return look(stage, { ...asked, tries: tries - 1 })
    throw new Error(`the audit could not be carried out: ${stderr || String(error)}`)
  }
}
