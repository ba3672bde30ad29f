/** With src/compose/, the only place that knows every room: it opens the stores, builds the parts and wraps them. */
import { type ApiPart, composeApi } from './compose/api.ts'
import { composeCore } from './compose/booking.ts'
import { diagnosticsPart, joinedDiagnostics } from './compose/diagnostics.ts'
import { makeExplanations, makeGauges } from './compose/gauges.ts'
import { makeHotZone } from './compose/hot-zone.ts'
import { initialiseSeries } from './compose/initial-series.ts'
import type { ServiceLog } from './compose/service-log.ts'
import { openStores, type Stores } from './compose/stores.ts'
import { openTracing } from './compose/tracing.ts'
import type { Settings } from './config.ts'
import { readScripts } from './redis/scripts.ts'
import type { Role } from './roles.ts'
import type { Metrics } from './telemetry/metrics.ts'
import { collectPools } from './telemetry/pool-collectors.ts'
import type { Part } from './workers/loop.ts'

export interface Service {
  /** In the order in which they start; the stores come first and so are closed last. */
  parts: Part[]
  /** Known once the parts have started. */
  addresses(): { api: string | null; diagnostics: string | null }
  /** Takes no new connection, and closes those that there are, each behind its next answer. Others take them meanwhile. */
  drain(withinMs: number): Promise<void>
}

/** Whether a process is the whole service here, or one of several that a supervisor keeps. */
export type Membership = 'alone' | 'member'

/**
 * Builds what a role runs, on open stores.
 *
 * @throws Unavailable when a store cannot be reached
 */
export async function composeService(
  config: Settings,
  role: Role,
  metrics: Metrics,
  log: ServiceLog,
  membership: Membership = 'alone',
): Promise<Service> {
  initialiseSeries(metrics)
  const tracing = await openTracing(config, role, metrics, log)
  const scripts = readScripts()
  let nudge = () => {}
  const onUnreconciled = () => nudge()
  const opened: Stores[] = []
  const open = async (kind: 'request' | 'worker') => {
    const stores = await openStores(config, kind, scripts, onUnreconciled, { metrics, tracing })
    opened.push(stores)
    return stores
  }

  const parts: Part[] = [
    // The first to start and so the last to stop: what the others did while they stopped is sent, too.
    { name: 'tracing', start() {}, stop: () => tracing.stop() },
    {
      name: 'stores',
      start() {},
      stop: async () => void (await Promise.all(opened.map((stores) => stores.close()))),
    },
  ]
  const hotZone = makeHotZone()
  const gauges = makeGauges(metrics, opened, hotZone)
  const explain = makeExplanations(hotZone)
  // Of several processes the primary has the port: see compose/primary.ts.
  const drain = role === 'worker' ? undefined : stepAside
  const own = { gauges, explain, drain }
  const diagnostics = membership === 'alone' ? diagnosticsPart(config, metrics, log, own) : null
  parts.push(diagnostics ?? joinedDiagnostics(config, metrics, log, own))

  let api: ApiPart | null = null
  if (role !== 'api') {
    const stores = await open('worker')
    // An API process does without the background work's modules.
    const { composeWorker } = await import('./compose/worker.ts')
    const worker = composeWorker(
      config,
      stores,
      composeCore(config, stores, scripts, metrics, tracing, log),
      metrics,
      tracing,
      log,
      // A worker without an API tells the one beside it.
      () => (role === 'worker' ? `http://${config.HOST}:${config.PORT}` : (api?.address() ?? null)),
    )
    nudge = worker.nudgeReconciler
    parts.push(...worker.parts)
  }
  if (role !== 'worker') {
    const stores = await open('request')
    const core = composeCore(config, stores, scripts, metrics, tracing, log)
    api = composeApi(config, stores, core, metrics, tracing, log, (deps) => ({
      ...deps,
      reserve: hotZone.watch(deps.reserve, core.catalogue),
    }))
    parts.push(api)
  }

  /** Before a heap snapshot: the others of a supervisor's API processes take what comes. */
  async function stepAside(deadline: AbortSignal): Promise<() => Promise<void>> {
    const othersListen = membership === 'member' && config.WEB_CONCURRENCY > 1
    return (await api?.stepAside(othersListen, deadline)) ?? (async () => {})
  }

  collectPools(
    metrics,
    opened.map(({ database }) => database.pool),
    opened.map(({ redis }) => redis),
  )
  return {
    parts,
    addresses: () => ({
      api: api?.address() ?? null,
      diagnostics: diagnostics?.address() ?? null,
    }),
    drain: async (withinMs) => api?.drain(withinMs),
  }
}
