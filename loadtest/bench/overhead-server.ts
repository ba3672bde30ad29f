/**
 * The service's own request path with some of its layers: `node overhead-server.ts LAYER`. What a layer leaves out is not there at all;
 * what it has is what the service has. Settings come from the environment, as the service's do.
 */
import { pino } from 'pino'
import { makeReserve } from '../../src/booking/reserve.ts'
import { composeApi } from '../../src/compose/api.ts'
import { composeCore } from '../../src/compose/booking.ts'
import { diagnosticsPart } from '../../src/compose/diagnostics.ts'
import { makeGauges } from '../../src/compose/gauges.ts'
import { makeHotZone } from '../../src/compose/hot-zone.ts'
import { openLog } from '../../src/compose/log.ts'
import { openStores } from '../../src/compose/stores.ts'
import { openTracing } from '../../src/compose/tracing.ts'
import { parseConfig } from '../../src/config.ts'
import type { HttpDeps } from '../../src/http/deps.ts'
import type { VerifyToken } from '../../src/http/identity.ts'
import { makeAdmissions } from '../../src/redis/admissions.ts'
import { readScripts } from '../../src/redis/scripts.ts'
import { makeMetrics } from '../../src/telemetry/metrics.ts'
import { untraced } from '../../src/telemetry/tracing/tracing.ts'
import { layerOf } from './overhead-layers.ts'

const USERS = 50_000

const layer = layerOf(process.argv[2] ?? '')
const config = parseConfig(process.env)
const metrics = makeMetrics()
const log = layer.logs ? openLog({ level: 'info', onDropped() {} }).log : pino({ level: 'silent' })
const traced = layer.sampleRatio !== null && !layer.stock
const tracing = traced ? await openTracing(config, 'api', metrics, log) : untraced
const scripts = readScripts()
const stores = await openStores(
  config,
  'request',
  scripts,
  () => {},
  layer.metrics ? { metrics, tracing } : null,
)
const core = composeCore(config, stores, scripts, metrics, tracing, log)
const api = composeApi(config, stores, core, metrics, tracing, log, (deps) => without(deps))
if (layer.profiling) {
  const diagnostics = diagnosticsPart(config, metrics, log, {
    gauges: makeGauges(metrics, [stores], makeHotZone()),
  })
  await diagnostics.start()
}
await api.start()
process.once('SIGTERM', () => process.exit(0))

function without({ watchRoute, ...others }: HttpDeps): HttpDeps {
  const deps = layer.profiling && watchRoute ? { ...others, watchRoute } : others
  const verifyToken = layer.token ? deps.verifyToken : everybody()
  if (layer.metrics) return { ...deps, verifyToken }
  const { onResponse: _response, onRemarkable: _remarkable, onShed: _shed, ...unmeasured } = deps
  return { ...unmeasured, verifyToken, reserve: plainReserve() }
}

/** The use case, and nothing that counts. */
function plainReserve() {
  return makeReserve({
    catalogue: core.catalogue,
    inventory: core.inventory,
    admissions: makeAdmissions(stores.redis, {
      streamMaxEntries: config.WAL_MAX_ENTRIES,
      idempotencyTtlSeconds: config.IDEMPOTENCY_TTL_SECONDS,
    }),
    holdMs: config.HOLD_TTL_SECONDS * 1000,
  })
}

/** Believes every token, and gives each request to another person in turn. */
function everybody(): VerifyToken {
  let requests = 0
  return () => ({ kind: 'valid', identity: { userId: `bench-${requests++ % USERS}`, role: 'customer' } })
}
