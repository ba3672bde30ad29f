/**
 * A process dies, or an answer is lost, at every call to a store or to the provider in turn. Then everything is tried again, as
 * the poller, Kafka and the expiry worker do, and the money and the seats agree: see docs/decisions/0009.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Hold } from '../../src/booking/model.ts'
import { partitionOfEvent } from '../../src/pipeline/partition.ts'
import { statusOf } from '../booking/probe.ts'
import { openService, type TestService } from '../support/service.ts'
import { withoutPostgres, withoutRedis } from '../support/stores.ts'
import { type Failpoint, makeFailpoints } from './failpoints.ts'
import { assertSettled, deliver, deliverOnce, intentOf, paymentsOf, poll } from './flow.ts'

const skip = withoutRedis || withoutPostgres
const failpoints = makeFailpoints()
const service = (skip ? null : await openService({ after }, failpoints)) as TestService

async function complete(): Promise<void> {
  await service.stores.database.query({
    text: 'UPDATE simulated_payments SET settles_at = now() WHERE settles_at > now()',
  })
}

interface Scene {
  /** What comes before, undisturbed. */
  before(hold: Hold): Promise<unknown>
  /** What the failpoints are in. */
  during(hold: Hold): Promise<unknown>
  /** What may have become of it in the end: payments in both books, and the booking. */
  ends: readonly string[]
}

const scenes: Record<string, Scene> = {
  'a payment is begun, and its success confirms the booking': {
    before: async () => {},
    async during(hold) {
      await intentOf(service, hold)
      await deliverOnce(service)
    },
    // Whoever died before writing the payment never began one: the hold expires.
    ends: ['succeeded/succeeded confirmed', ' expired'],
  },
  'the buyer confirms with a payment whose webhook was lost': {
    before: async (hold) => {
      await intentOf(service, hold, 'pending')
      await complete()
    },
    async during({ bookingId, userId }) {
      const paymentId = (await service.payments.payments.latestOf(bookingId))?.id ?? ''
      await service.confirm({ bookingId, userId, paymentId })
    },
    ends: ['succeeded/succeeded confirmed'],
  },
  'the poller finds the success': {
    before: async (hold) => {
      await intentOf(service, hold, 'pending')
      await complete()
    },
    async during() {
      await poll(service)
      await deliverOnce(service)
    },
    ends: ['succeeded/succeeded confirmed'],
  },
  'the last decline gives the seats back': {
    before: async (hold) => {
      await intentOf(service, hold, 'decline')
      await intentOf(service, hold, 'decline')
      await deliver(service)
    },
    async during(hold) {
      await intentOf(service, hold, 'decline')
      await deliverOnce(service)
    },
    ends: ['failed/failed failed/failed failed/failed cancelled', 'failed/failed failed/failed expired'],
  },
  'the success comes when the hold’s time is over': {
    before: async (hold) => {
      await intentOf(service, hold, 'pending')
      await complete()
      await service.setClock(hold.expiresAtMs + 1)
    },
    async during() {
      await poll(service)
      await deliverOnce(service)
      await deliverOnce(service)
    },
    ends: ['refunded/refunded expired'],
  },
  'a second payment is given back': {
    before: async (hold) => {
      await service.pay(hold)
      await deliver(service)
      await service.pay(hold)
    },
    async during() {
      await deliverOnce(service)
      await deliverOnce(service)
    },
    ends: ['succeeded/succeeded refunded/refunded confirmed'],
  },
  'a confirmed booking is refunded': {
    before: async (hold) => {
      await intentOf(service, hold)
      await deliver(service)
    },
    async during({ bookingId, userId }) {
      await service.refund({ bookingId, userId, role: 'customer' })
      await deliverOnce(service)
    },
    ends: ['refunded/refunded refunded', 'succeeded/succeeded confirmed'],
  },
}

const { event, zoneIds } = skip ? (null as never) : await service.event([100_000], { maxTicketsPerUser: 2 })
const partition = skip ? 0 : partitionOfEvent(event.id)

async function play(scene: Scene, failpoint: Failpoint | null): Promise<{ calls: string[]; end: string }> {
  const hold = await service.hold(event.id, zoneIds[0] as string, { quantity: 2 })
  await failpoints.during(null, () => scene.before(hold))
  const calls = await failpoints.during(failpoint, () => scene.during(hold))
  await poll(service)
  await deliver(service)
  // Whoever is still reserved will never be paid for.
  await service.setClock(Date.now() + 2 * service.config.HOLD_TTL_SECONDS * 1000)
  await service.persist([partition])
  await service.expire([partition])
  await service.setClock(null)
  await deliver(service)
  assert.deepEqual(await service.paymentFindings(), [])
  const status = await statusOf(service, hold.bookingId)
  return { calls, end: `${(await paymentsOf(service, hold)).join(' ')} ${status}` }
}

/** A process that goes on after a call that was never made is one that lost its answer, but for what it did not change. */
const ways = [
  { when: 'before', how: 'dies' },
  { when: 'after', how: 'dies' },
  { when: 'after', how: 'loses' },
] as const

for (const [what, scene] of Object.entries(scenes)) {
  test(`${what}: broken at every call in turn, money and seats agree afterwards`, { skip }, async () => {
    const { calls, end } = await play(scene, null)
    assert.equal(end, scene.ends[0])
    assert.ok(calls.length >= 3, calls.join(', '))
    for (let call = 1; call <= calls.length; call++) {
      for (const way of ways) {
        const broken = await play(scene, { call, ...way })
        const place = `${way.how} ${way.when} call ${call}, ${calls[call - 1]}`
        assert.ok(scene.ends.includes(broken.end), `${place}: ${broken.end}`)
      }
    }
    await assertSettled(service)
  })
}
