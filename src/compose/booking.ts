import { makeAudit } from '../booking/audit.ts'
import type { Booking } from '../booking/model.ts'
import { makeCachedCatalogue } from '../catalogue/cached-catalogue.ts'
import { makeCapacityChange } from '../catalogue/change-capacity.ts'
import type { Settings } from '../config.ts'
import { makeBookingCounts } from '../postgres/booking-counts.ts'
import { makeCatalogueStore } from '../postgres/catalogue-store.ts'
import { makeLedger } from '../postgres/ledger.ts'
import { makeRebuildSource } from '../postgres/rebuild-source.ts'
import { makeWriteAheadLog } from '../postgres/write-ahead-log.ts'
import { makeZoneLedger } from '../postgres/zone-ledger.ts'
import { makeHolds } from '../redis/holds.ts'
import { makeInspection } from '../redis/inspection.ts'
import { makeInventory } from '../redis/inventory.ts'
import { openRebuildSession } from '../redis/rebuild-session.ts'
import { serversOf } from '../redis/rebuild-writer.ts'
import type { Scripts } from '../redis/scripts.ts'
import { makeSeatCounts } from '../redis/seat-counts.ts'
import { makeSettlement } from '../redis/settlement.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Tracing } from '../telemetry/tracing/tracing.ts'
import { makeReconcile } from '../workers/reconcile.ts'
import { redisSettings } from './access.ts'
import { observeHolds, observeLedger, observeSettlement } from './observed-booking.ts'
import type { ServiceLog } from './service-log.ts'
import type { Stores } from './stores.ts'
import { traceEndings, traceLedger, traceWriteAheadLog } from './traced-pipeline.ts'

/** A look at everything takes a fifth of a core beside a sale, and its time: unpaced it came in bursts. docs/decisions/0024 has both. */
const AUDIT_REST_RATIO = 4

/** What requests and background work both stand on, built over the connections of either. */
export function composeCore(
  config: Settings,
  stores: Stores,
  scripts: Scripts,
  metrics: Metrics,
  tracing: Tracing,
  log: ServiceLog,
) {
  const { database, redis } = stores
  const catalogueStore = makeCatalogueStore(database)
  const zones = makeZoneLedger(database)
  const inventory = makeInventory(redis, zones)
  const sessionSettings = { ...redisSettings(config), commandTimeoutMs: null }
  const writeAheadLog = traceWriteAheadLog(
    makeWriteAheadLog(database, (entry, reason) => {
      metrics.persistRejected.inc()
      log.error({ entryId: entry.id, reason }, 'an entry of the write-ahead stream was put aside')
    }),
    tracing,
  )
  const onOversold = (booking: Booking) => {
    metrics.oversold.inc()
    log.error(
      { bookingId: booking.bookingId, zoneId: booking.zoneId },
      'a confirmation would have oversold its zone',
    )
  }
  return {
    catalogueStore,
    catalogue: makeCachedCatalogue({
      store: catalogueStore,
      ttlMs: config.CATALOGUE_TTL_MS,
      nowMs: () => performance.now(),
    }),
    inventory,
    capacity: makeCapacityChange(zones, inventory),
    holds: observeHolds(makeHolds(redis), metrics),
    settlement: observeSettlement(makeSettlement(redis), metrics),
    ledger: observeLedger(
      traceLedger(makeLedger(database, onOversold, traceEndings(tracing)), tracing),
      metrics,
    ),
    writeAheadLog,
    audit: makeAudit({ live: makeSeatCounts(redis), stored: makeBookingCounts(database) }),
    /** Beside a sale. */
    pacedAudit: makeAudit({
      live: makeSeatCounts(redis, { restRatio: AUDIT_REST_RATIO }),
      stored: makeBookingCounts(database),
    }),
    reconcile: makeReconcile({
      inspection: makeInspection(redis, scripts),
      openSession: (partitions) =>
        openRebuildSession(
          sessionSettings,
          serversOf(redis, partitions),
          scripts,
          config.IDEMPOTENCY_TTL_SECONDS,
        ),
      source: makeRebuildSource(database),
      log: writeAheadLog,
      idempotencyTtlMs: config.IDEMPOTENCY_TTL_SECONDS * 1000,
    }),
  }
}

export type Core = ReturnType<typeof composeCore>
