import { randomUUID } from 'node:crypto'
import { makeCancel } from '../../src/booking/cancel.ts'
import { makeConfirm } from '../../src/booking/confirm.ts'
import { makeExpire } from '../../src/booking/expire.ts'
import { makeRefund } from '../../src/booking/refund.ts'
import { makeReserve } from '../../src/booking/reserve.ts'
import type { CatalogueEvent } from '../../src/catalogue/model.ts'
import { redisSettings } from '../../src/compose/access.ts'
import type { PaymentView } from '../../src/payments/ports.ts'
import { newBookingId, partitionOfEvent } from '../../src/pipeline/partition.ts'
import { makeRebuildSource } from '../../src/postgres/rebuild-source.ts'
import { makeAdmissions } from '../../src/redis/admissions.ts'
import { makeInspection } from '../../src/redis/inspection.ts'
import { openRebuildSession } from '../../src/redis/rebuild-session.ts'
import { serversOf } from '../../src/redis/rebuild-writer.ts'
import { readScripts } from '../../src/redis/scripts.ts'
import { makeReconcile } from '../../src/workers/reconcile.ts'
import { steeredClock, type TestService } from '../support/service.ts'
import type { Model } from './model.ts'
import type { Random } from './random.ts'
import type { Scheduler } from './scheduler.ts'

const USERS = ['ann', 'ben', 'cid', 'dot']
export const LIMIT = 5
const scripts = readScripts(steeredClock)

/** One on-sale and everything that can happen to it; each task's calls go through the scheduler's gates. */
export function makeWorld(
  service: TestService,
  event: CatalogueEvent,
  random: Random,
  scheduler: Scheduler,
  model: Model,
) {
  const { core, stores, config } = service
  const partition = partitionOfEvent(event.id)
  const zoneIds = event.shows.flatMap(({ zones }) => zones.map(({ id }) => id))
  /** A rebuild goes through 16 partitions; the others have nothing to do with this on-sale. */
  const isOurs = (first: unknown) => typeof first !== 'number' || first === partition
  const books = new Map<string, PaymentView>()
  const payments = { find: async (paymentId: string) => books.get(paymentId) ?? null }
  const admissions = makeAdmissions(stores.redis, { streamMaxEntries: 1000, idempotencyTtlSeconds: 86_400 })
  let count = 0

  function ports(task: string) {
    return {
      holds: scheduler.gate('holds', core.holds, task),
      ledger: scheduler.gate('ledger', core.ledger, task),
      settlement: scheduler.gate('settlement', core.settlement, task),
      leaseMs: config.ENDING_LEASE_MS,
    }
  }

  const starts: Record<string, (task: string) => Promise<void>> = {
    async reserve(task) {
      const reserve = makeReserve({
        catalogue: core.catalogue,
        inventory: core.inventory,
        admissions: scheduler.gate('admissions', admissions, task),
        holdMs: config.HOLD_TTL_SECONDS * 1000,
      })
      const quantity = 1 + random.below(3)
      const zoneId = random.pick(zoneIds)
      const command = service.command(event.id, zoneId, {
        bookingId: newBookingId(event.id),
        userId: random.pick(USERS),
        quantity,
        idempotencyHash: random.chance(0.3) ? `key-${random.below(4)}` : null,
      })
      model.asked(command.bookingId)
      const outcome = await reserve(command)
      if (outcome.kind === 'reserved') model.reserved(outcome.hold, outcome.replayed)
    },
    async confirm(task) {
      const hold = random.pick(model.holds())
      const payment: PaymentView = {
        id: `pay_${randomUUID()}`,
        bookingId: hold.bookingId,
        amountMinor: hold.unitPriceMinor * hold.quantity,
        currency: hold.currency,
        state: 'succeeded',
      }
      books.set(payment.id, payment)
      const confirm = makeConfirm({ ...ports(task), payments })
      const { bookingId, userId } = hold
      const outcome = await confirm({ bookingId, userId, paymentId: payment.id })
      model.confirmed(bookingId, outcome.kind)
    },
    async cancel(task) {
      const { bookingId, userId } = random.pick(model.holds())
      model.cancelled(bookingId, (await makeCancel(ports(task))({ bookingId, userId })).kind)
    },
    async refund(task) {
      const { bookingId, userId } = random.pick(model.holds())
      const refund = makeRefund({ ...ports(task), catalogue: core.catalogue })
      model.refunded(bookingId, (await refund({ bookingId, userId, role: 'customer' })).kind)
    },
    expire: async (task) => void (await makeExpire(ports(task))(partition)),
    async persist(task) {
      const stream = scheduler.gate('stream', service.stream, task)
      const log = scheduler.gate('log', core.writeAheadLog, task)
      const result = await log.persist(partition, (after) =>
        service.stream.read(partition, after, 2 + random.below(5)),
      )
      if (result.kind === 'written') await stream.trim(partition, result.throughId)
    },
    async reconcile(task) {
      const source = makeRebuildSource(stores.database)
      const reconcile = makeReconcile({
        inspection: scheduler.gate('inspection', makeInspection(stores.redis, scripts), task),
        // What calls back is a frame around other calls, not a call.
        source: {
          ...scheduler.gate('source', source, task),
          alone: source.alone,
          taken: source.taken,
          holds: source.holds,
          keys: source.keys,
        },
        openSession: async (partitions) => {
          const settings = { ...redisSettings(config), commandTimeoutMs: 2000 }
          const session = await openRebuildSession(
            settings,
            serversOf(stores.redis, partitions),
            scripts,
            86_400,
          )
          const { end, partitions: rebuilt } = session
          const close = async () => {
            model.storeIsSound(false)
            await session.close()
          }
          const open = async (generations: ReadonlyMap<number, number>) => {
            await session.open(generations)
            model.storeIsSound(true)
          }
          return {
            ...scheduler.gate('rebuild', { ...session, close, open }, task, isOurs),
            end,
            partitions: rebuilt,
          }
        },
        log: core.writeAheadLog,
        idempotencyTtlMs: 86_400_000,
      })
      await reconcile(random.chance(0.2))
    },
  }

  return {
    partition,
    zoneIds,
    names: Object.keys(starts),
    /** Begins a task; what it may be killed by, or told to try later, is part of the game. */
    begin(name: string): Promise<void> {
      const task = `${name}#${++count}`
      return scheduler.start(async () => {
        try {
          await starts[name]?.(task)
        } catch (error) {
          if (!['Crash', 'Unavailable'].includes((error as Error).name)) model.broke(task, error)
        }
      })
    },
  }
}
