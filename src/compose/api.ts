import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { makeCancel } from '../booking/cancel.ts'
import { makeConfirm } from '../booking/confirm.ts'
import { makeOwnBookings } from '../booking/own-bookings.ts'
import { makeRefund } from '../booking/refund.ts'
import { makeReserve } from '../booking/reserve.ts'
import { makeBrowse } from '../catalogue/browse.ts'
import { makeCancelEvent } from '../catalogue/cancel-event.ts'
import { makeChangeEvent } from '../catalogue/change-event.ts'
import { makeCreateEvent } from '../catalogue/create-event.ts'
import type { Settings } from '../config.ts'
import { noteRequest } from '../diagnostics/index.ts'
import type { DemoTokens } from '../http/demo-tokens.ts'
import type { HttpDeps } from '../http/deps.ts'
import { makeQueueTokens } from '../http/queue-tokens.ts'
import { buildServer } from '../http/server.ts'
import { signToken } from '../http/token.ts'
import { makeTokenVerifier } from '../http/verify-token.ts'
import { makeBookingReader } from '../postgres/bookings-of-user.ts'
import { findBookingByCode } from '../postgres/find-booking-by-code.ts'
import { makeAdmissions } from '../redis/admissions.ts'
import { recordRequests } from '../telemetry/http-durations.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { countOutcomes } from '../telemetry/observe.ts'
import { timed } from '../telemetry/timed.ts'
import { makeHttpTracing } from '../telemetry/tracing/trace-http.ts'
import type { Tracing } from '../telemetry/tracing/tracing.ts'
import type { Part } from '../workers/loop.ts'
import type { Core } from './booking.ts'
import { drainConnections } from './drain-connections.ts'
import { makeInventoryAdmin } from './inventory-admin.ts'
import { composeLoadMonitor } from './load-monitor.ts'
import { composePaymentApi, composePayments, paymentPorts } from './payments.ts'
import { composeQueueApi } from './queue.ts'
import { makeReadiness } from './readiness.ts'
import type { ServiceLog } from './service-log.ts'
import { stepAside } from './step-aside.ts'
import type { Stores } from './stores.ts'
import { watchRoute } from './watched-routes.ts'

/** A Redis that is away for longer is no reason to stay away, too: then it is its answers that say so. */
const READY_WITHIN_MS = 3000
const READY_PAUSE_MS = 100
const DEMO_TOKEN_SECONDS = 24 * 3600

export interface ApiPart extends Part {
  server: FastifyInstance
  address(): string | null
  /** For good. */
  drain(withinMs: number): Promise<void>
  /** For a while: see stepAside. @returns what brings it back, once it can reach what it needs */
  stepAside(othersListen: boolean, deadline: AbortSignal): Promise<() => Promise<void>>
}

/** The HTTP API on its stores. @param alter puts more around a part; a benchmark takes parts away */
export function composeApi(
  config: Settings,
  stores: Stores,
  core: Core,
  metrics: Metrics,
  tracing: Tracing,
  log: ServiceLog,
  alter: (deps: HttpDeps) => HttpDeps = (deps) => deps,
): ApiPart {
  const { database, redis } = stores
  const { catalogue, catalogueStore, inventory, capacity, holds, ledger, settlement } = core
  const payments = composePaymentApi(config, composePayments(paymentPorts(stores), metrics, log), metrics)
  const { stepDuration } = metrics
  const admissions = makeAdmissions(redis, {
    streamMaxEntries: config.WAL_MAX_ENTRIES,
    idempotencyTtlSeconds: config.IDEMPOTENCY_TTL_SECONDS,
  })
  const leaseMs = config.ENDING_LEASE_MS
  const reserve = makeReserve({
    catalogue,
    inventory,
    admissions,
    holdMs: config.HOLD_TTL_SECONDS * 1000,
  })
  const cancel = makeCancel({ holds, ledger, settlement, leaseMs })
  const refund = makeRefund({
    catalogue,
    holds,
    ledger,
    settlement,
    leaseMs: leaseMs * 3,
  })
  const load = composeLoadMonitor(config, redis, metrics)
  const queue = composeQueueApi(config, stores, core, metrics, log, () => load.overload() !== null)
  const record = recordRequests(metrics.httpDuration, metrics.exemplars)
  const readiness = makeReadiness(config, stores)
  let draining = false
  let aside = false
  let streamsOpen = () => 0

  const deps: HttpDeps = {
    settings: config,
    verifyToken: makeTokenVerifier(config),
    reserve: countOutcomes(metrics.reservations, timed(stepDuration, 'reserve', reserve)),
    confirm: countOutcomes(
      metrics.confirmations,
      timed(
        stepDuration,
        'confirm',
        makeConfirm({ holds, ledger, settlement, payments: payments.lookup, leaseMs }),
      ),
    ),
    cancel: countReleases(metrics, 'cancelled', timed(stepDuration, 'cancel', cancel)),
    refund: countReleases(metrics, 'refunded', timed(stepDuration, 'refund', refund)),
    ownBookings: makeOwnBookings({
      holds,
      ledger,
      reader: makeBookingReader(database),
    }),
    bookingByCode: (code) => findBookingByCode(database, code),
    browse: makeBrowse({ catalogue, store: catalogueStore, inventory }),
    createEvent: makeCreateEvent({
      store: catalogueStore,
      catalogue,
      inventory,
    }),
    changeEvent: makeChangeEvent({
      store: catalogueStore,
      catalogue,
      inventory,
      capacity,
    }),
    cancelEvent: makeCancelEvent({
      store: catalogueStore,
      catalogue,
      inventory,
    }),
    inventoryAdmin: makeInventoryAdmin(core),
    queue: queue.useCases,
    queueTokens: makeQueueTokens(config.QUEUE_SECRET, config.QUEUE_TOKEN_TTL_SECONDS),
    streams: {
      ...queue.streams,
      count(size) {
        streamsOpen = size
        queue.streams.count(size)
      },
    },
    payments: payments.useCases,
    readiness,
    isDraining: () => draining || aside,
    log,
    ...(config.DEMO_TOKENS && { demoTokens: demoTokens(config) }),
    tracing: makeHttpTracing(tracing),
    watchRoute,
    onResponse(route, method, statusCode, seconds, traceId) {
      record(route, method, statusCode, seconds, traceId)
      noteRequest(route, seconds, traceId ?? undefined)
    },
    onRemarkable: (reason, isTraced) => metrics.httpRemarkable.inc({ reason, sampled: String(isTraced) }),
    onLineSuppressed: () => metrics.suppressedLines.inc(),
    load,
    onShed: (reason) => metrics.httpShed.inc({ reason }),
  }
  const server = buildServer(alter(deps))
  return {
    name: 'api',
    server,
    // Fastify's own answer throws before it listens.
    address: () => (server.server.listening ? server.listeningOrigin : null),
    async start() {
      load.start()
      for (const part of queue.parts) await part.start()
      await server.listen({ host: config.HOST, port: config.PORT })
    },
    async drain(withinMs) {
      draining = true
      await drainConnections(server.server, withinMs)
    },
    async stepAside(othersListen, deadline) {
      aside = true
      const listenAgain = await stepAside(server, { othersListen, streams: streamsOpen }, deadline)
      return async () => {
        // What it missed while it stood still looks like stores that do not answer, until the first that does.
        const endMs = performance.now() + READY_WITHIN_MS
        while (performance.now() < endMs && !(await readiness()).redis.ok) await sleep(READY_PAUSE_MS)
        if (draining) return
        await listenAgain()
        aside = false
      }
    },
    async stop() {
      draining = true
      await server.close()
      for (const part of queue.parts) await part.stop()
      load.stop()
    },
  }
}

function demoTokens({ JWT_SECRET: secret, JWT_AUDIENCE: audience }: Settings): DemoTokens {
  return (user, role) => signToken({ user, role, expiresInSeconds: DEMO_TOKEN_SECONDS, secret, audience })
}

function countReleases<Input, Outcome extends { kind: string }>(
  metrics: Metrics,
  reason: 'cancelled' | 'refunded',
  useCase: (input: Input) => Promise<Outcome>,
): (input: Input) => Promise<Outcome> {
  const counter = metrics.releases.labels(reason)
  return async (input) => {
    const outcome = await useCase(input)
    if (outcome.kind === reason) counter.inc()
    return outcome
  }
}
