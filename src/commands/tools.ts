import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { postgresAccess } from '../compose/access.ts'
import { composeCore } from '../compose/booking.ts'
import { openStores } from '../compose/stores.ts'
import { makeWholeAudit } from '../compose/whole-audit.ts'
import type { Settings } from '../config.ts'
import { Unavailable } from '../pipeline/unavailable.ts'
import { makeAuditPayments } from '../postgres/audit-payments.ts'
import { migrate } from '../postgres/migrate.ts'
import { readScripts } from '../redis/scripts.ts'
import { makeMetrics } from '../telemetry/metrics.ts'
import { untraced } from '../telemetry/tracing/tracing.ts'

/** Opens what commands work with: the parts of a worker without its loops, on a database that is up to date. */
export async function openTools(config: Settings) {
  await migrate(postgresAccess(config))
  const scripts = readScripts()
  const stores = await openStores(config, 'worker', scripts, () => {}, null)
  const log = pino({ level: 'error' }, pino.destination({ dest: 2, sync: true }))
  const core = composeCore(config, stores, scripts, makeMetrics(), untraced, log)
  return { ...core, ...stores, audit: makeWholeAudit(core.audit, makeAuditPayments(stores.database)) }
}

export type Tools = Awaited<ReturnType<typeof openTools>>

const RECONCILE_TIMEOUT_MS = 120_000
const RECONCILE_LOOK_EVERY_MS = 200

/**
 * Makes Redis fit to sell, or waits for the process that is doing so. Of a cluster, what can be reached will do: the rest is looked after when
 * it is back.
 *
 * @throws Unavailable when that takes two minutes, or nothing can be reached
 */
export async function untilReconciled({ reconcile }: Pick<Tools, 'reconcile'>): Promise<void> {
  const endMs = performance.now() + RECONCILE_TIMEOUT_MS
  while ((await reconcile(false)).kind === 'elsewhere') {
    if (performance.now() > endMs) throw new Unavailable('redis (another process is rebuilding it)')
    await sleep(RECONCILE_LOOK_EVERY_MS)
  }
}
