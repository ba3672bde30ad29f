/**
 * The service's parts on real stores of a test's own, with nothing running by itself: a test says when the persister writes, when
 * holds expire, when Redis is looked after. `api()` puts the HTTP server in front of it.
 */
import { randomUUID } from 'node:crypto'
import { pino } from 'pino'
import { makeCancel } from '../../src/booking/cancel.ts'
import { makeConfirm } from '../../src/booking/confirm.ts'
import { makeExpire } from '../../src/booking/expire.ts'
import { makeGiveBack } from '../../src/booking/give-back.ts'
import type { Hold } from '../../src/booking/model.ts'
import { makeOwnBookings } from '../../src/booking/own-bookings.ts'
import { makeRefund } from '../../src/booking/refund.ts'
import { makeReserve, type ReserveCommand } from '../../src/booking/reserve.ts'
import type { CatalogueEvent } from '../../src/catalogue/model.ts'
import { composeApi } from '../../src/compose/api.ts'
import { type Core, composeCore } from '../../src/compose/booking.ts'
import {
  composePaymentApi,
  composePayments,
  type PaymentPorts,
  paymentHandlers,
  paymentPorts,
} from '../../src/compose/payments.ts'
import { openStores } from '../../src/compose/stores.ts'
import { type Environment, parseConfig, type Settings } from '../../src/config.ts'
import type { NewPayment } from '../../src/payments/ports.ts'
import { allPartitions, newBookingId } from '../../src/pipeline/partition.ts'
import { makeAuditPayments } from '../../src/postgres/audit-payments.ts'
import { makeBookingReader } from '../../src/postgres/bookings-of-user.ts'
import { makeAdmissions } from '../../src/redis/admissions.ts'
import { readScripts } from '../../src/redis/scripts.ts'
import { makeWriteAheadStream } from '../../src/redis/write-ahead-stream.ts'
import { makeMetrics } from '../../src/telemetry/metrics.ts'
import { type Tracing, untraced } from '../../src/telemetry/tracing/tracing.ts'
import { charge } from './charge.ts'
import type { Cleanup } from './restartable.ts'
import { openDatabase, openRedis, type TestRedis } from './stores.ts'

/** Scripts whose time a test sets: `SET test:clock:{pNN} <ms>` for each partition; without it, time is Redis's own. */
export const steeredClock = {
  now: `local function now_ms()
  local steered = redis.call('GET', 'test:clock:' .. string.match(KEYS[1], '{p%d%d}'))
  if steered then return tonumber(steered) end
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end`,
}

export type TestService = Awaited<ReturnType<typeof openService>>

/** @param options.wrap replaces ports of the core (failing, slow, lying ones) before use cases are built on it */
export async function openService(
  t: Cleanup,
  options: {
    redis?: TestRedis
    databaseUrl?: string
    env?: Environment
    tracing?: Tracing
    wrap?: (core: Core) => Core
    wrapPayments?: (ports: PaymentPorts) => PaymentPorts
  } = {},
) {
  const redis = options.redis ?? (await openRedis(t))
  const databaseUrl = options.databaseUrl ?? (await openDatabase(t)).url
  const config: Settings = parseConfig({
    NODE_ENV: 'test',
    REDIS_URL: redis.url,
    DATABASE_URL: databaseUrl,
    PORT: '0',
    PG_POOL_MAX: '8',
    PG_POOL_MIN: '1',
    // Two cores carry the tests and every store: a deadline that is hit by accident proves nothing.
    REDIS_COMMAND_TIMEOUT_MS: '2000',
    PG_STATEMENT_TIMEOUT_MS: '10000',
    // Nor do late turns of the loop; and one person of a test may ask as often as ten.
    SHED_LOOP_DELAY_MS: '60000',
    RATE_LIMIT_RESERVE_PER_SECOND: '0',
    LOG_LEVEL: 'silent',
    ...options.env,
  })
  const scripts = readScripts(steeredClock)
  const metrics = makeMetrics()
  const log = pino({ level: config.LOG_LEVEL })
  const stores = await openStores(config, 'request', scripts, () => {}, {
    metrics,
    tracing: options.tracing ?? untraced,
  })
  t.after(() => stores.close())
  const plain = composeCore(config, stores, scripts, metrics, options.tracing ?? untraced, log)
  const core = options.wrap ? options.wrap(plain) : plain
  const { holds, ledger, settlement, catalogue, inventory } = core
  const plainPorts = paymentPorts(stores)
  const ports = options.wrapPayments ? options.wrapPayments(plainPorts) : plainPorts
  const payments = composePayments(ports, metrics, log)
  const paymentApi = composePaymentApi(config, payments, metrics)
  const handlers = paymentHandlers(config, core, payments, metrics)
  const stream = makeWriteAheadStream(stores.redis)
  const leaseMs = config.ENDING_LEASE_MS
  const expirePartition = makeExpire({ holds, ledger, settlement })
  const useCases = {
    reserve: makeReserve({
      catalogue,
      inventory,
      admissions: makeAdmissions(stores.redis, {
        streamMaxEntries: config.WAL_MAX_ENTRIES,
        idempotencyTtlSeconds: config.IDEMPOTENCY_TTL_SECONDS,
      }),
      holdMs: config.HOLD_TTL_SECONDS * 1000,
    }),
    confirm: makeConfirm({ holds, ledger, settlement, payments: payments.lookup, leaseMs }),
    cancel: makeCancel({ holds, ledger, settlement, leaseMs }),
    refund: makeRefund({ catalogue, holds, ledger, settlement, leaseMs: leaseMs * 3 }),
    giveBack: makeGiveBack({ holds, ledger, settlement, leaseMs: leaseMs * 3 }),
    ownBookings: makeOwnBookings({ holds, ledger, reader: makeBookingReader(stores.database) }),
  }

  return {
    config,
    core,
    stores,
    redis,
    databaseUrl,
    payments,
    paymentApi: paymentApi.useCases,
    handlers,
    stream,
    metrics,
    ...useCases,

    /** Loads the scripts into a Redis that has none, as the reconciler does. @returns what it found */
    reconcile: (force = false) => core.reconcile(force),

    /** An event on sale with one zone a capacity, loaded. */
    async event(
      capacities: number[],
      more: Partial<
        Pick<
          CatalogueEvent,
          'maxTicketsPerUser' | 'refundWindowHours' | 'status' | 'queueRequired' | 'saleOpensAtMs'
        >
      > = {},
    ): Promise<{ event: CatalogueEvent; zoneIds: string[] }> {
      const event = await core.catalogueStore.insert({
        slug: `event-${randomUUID()}`,
        name: 'Test event',
        description: '',
        organizerId: 'organizer',
        status: 'on_sale',
        saleOpensAtMs: 0,
        saleClosesAtMs: null,
        maxTicketsPerUser: 10,
        refundWindowHours: 24,
        queueRequired: false,
        shows: [
          {
            name: 'Show',
            venue: 'Hall',
            startsAtMs: Date.now() + 86_400_000,
            zones: capacities.map((capacity, i) => ({
              name: `Zone ${i}`,
              capacity,
              priceMinor: 5000,
              currency: 'THB',
            })),
          },
        ],
        ...more,
      })
      if (!event) throw new Error('the slug was taken')
      await core.reconcile(false)
      await core.inventory.loadMissing(event)
      return { event, zoneIds: event.shows.flatMap(({ zones }) => zones.map(({ id }) => id)) }
    },

    /** A reservation of one seat by a user of its own, unless it says otherwise. */
    command(eventId: string, zoneId: string, more: Partial<ReserveCommand> = {}): ReserveCommand {
      return {
        bookingId: newBookingId(eventId),
        userId: `user-${randomUUID()}`,
        eventId,
        zoneId,
        showId: null,
        quantity: 1,
        expectedUnitPriceMinor: null,
        idempotencyHash: null,
        traceparent: null,
        pass: { kind: 'none' },
        ...more,
      }
    },

    /** Reserves and expects it to work. */
    async hold(eventId: string, zoneId: string, more: Partial<ReserveCommand> = {}): Promise<Hold> {
      const outcome = await useCases.reserve(this.command(eventId, zoneId, more))
      if (outcome.kind !== 'reserved') throw new Error(`expected a hold, got ${outcome.kind}`)
      return outcome.hold
    },

    /** A completed payment for a hold, whatever was paid for it before. @returns its id */
    pay: (hold: Hold, more: Partial<NewPayment> = {}) => charge(plainPorts, payments.take, hold, more),

    /** Writes everything that waits in the streams. @returns how many entries */
    async persist(partitions = allPartitions): Promise<number> {
      let written = 0
      for (const partition of partitions) {
        for (;;) {
          const result = await core.writeAheadLog.persist(partition, (after) =>
            stream.read(partition, after, 500),
          )
          if (result.kind !== 'written') break
          await stream.trim(partition, result.throughId)
          written += result.entries
        }
      }
      return written
    },

    /** One expiry tick over all partitions, until nothing is due. @returns how many holds expired */
    async expire(partitions = allPartitions): Promise<number> {
      let expired = 0
      for (const partition of partitions) {
        for (let more = true; more; ) {
          const result = await expirePartition(partition)
          expired += result.expired
          more = result.more
        }
      }
      return expired
    },

    /** Sets the time that the scripts see, epoch milliseconds; null: Redis's own again. */
    async setClock(ms: number | null): Promise<void> {
      await stores.redis.gather(
        allPartitions,
        (partition) => partition,
        (pipeline, partition) => {
          const key = `test:clock:{p${String(partition).padStart(2, '0')}}`
          if (ms === null) pipeline.del(key)
          else pipeline.set(key, ms)
        },
      )
    },

    /** Everything that the audit finds, limits included. */
    findings: async () => (await core.audit({ withLimits: true })).findings,

    /** Everything that the audit finds of payments. */
    paymentFindings: makeAuditPayments(stores.database),

    /** The HTTP API over these parts, listening on a free port until the test ends. @returns its address */
    async api(): Promise<string> {
      const api = composeApi(config, stores, core, metrics, options.tracing ?? untraced, log)
      await api.start()
      t.after(() => api.stop())
      return api.address() as string
    },
  }
}
