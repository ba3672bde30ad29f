import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { partitionOfEvent } from '../../src/pipeline/partition.ts'
import { holdKey } from '../../src/redis/keys.ts'
import { openService, type TestService } from '../support/service.ts'
import { withoutPostgres, withoutRedis } from '../support/stores.ts'
import { interfere, makeGate, type Places } from './interference.ts'
import { assertSound, kindOf, liveSeats, redisOf } from './probe.ts'

const places: Places = {}
const skip = withoutRedis || withoutPostgres
const service = (skip ? null : await openService({ after })) as TestService
const late = (
  skip
    ? null
    : await openService(
        { after },
        { redis: service.redis, databaseUrl: service.databaseUrl, wrap: interfere(places) },
      )
) as TestService

test('a refund is begun while the mark of an earlier, refused one runs out: its seats still come back', {
  skip,
}, async () => {
  const { event, zoneIds } = await service.event([10], { refundWindowHours: 0 })
  const hold = await service.hold(event.id, zoneIds[0] as string, { quantity: 2 })
  const { bookingId, userId } = hold
  await service.confirm({ bookingId, userId, paymentId: await service.pay(hold) })
  assert.equal((await service.refund({ bookingId, userId, role: 'customer' })).kind, 'window_closed')
  await service.setClock(Date.now() + 3 * service.config.ENDING_LEASE_MS)
  const gate = makeGate()
  places.afterOpen = gate.pass
  const refunding = kindOf(late.refund({ bookingId, userId: 'organizer', role: 'organizer' }))
  await gate.reached
  await service.expire()
  gate.open()
  assert.equal(await refunding, 'refunded')
  delete places.afterOpen
  await service.setClock(null)
  assert.equal(await liveSeats(service, hold.zoneId), '10 available, 0 held, 0 sold')
  await assertSound(service)
})

test('the same, expiry has read the old mark before the refund begins', { skip }, async () => {
  await service.reconcile(true)
  const { event, zoneIds } = await service.event([10], { refundWindowHours: 0 })
  const hold = await service.hold(event.id, zoneIds[0] as string, { quantity: 2 })
  const { bookingId, userId } = hold
  await service.confirm({ bookingId, userId, paymentId: await service.pay(hold) })
  assert.equal((await service.refund({ bookingId, userId, role: 'customer' })).kind, 'window_closed')
  await service.setClock(Date.now() + 3 * service.config.ENDING_LEASE_MS)
  const gates = { due: makeGate(), commit: makeGate() }
  places.afterDue = gates.due.pass
  const expiring = late.expire()
  await gates.due.reached
  const other: Places = { beforeCommit: gates.commit.pass }
  const third = await openService(
    { after },
    { redis: service.redis, databaseUrl: service.databaseUrl, wrap: interfere(other) },
  )
  const refunding = kindOf(third.refund({ bookingId, userId: 'organizer', role: 'organizer' }))
  await gates.commit.reached
  gates.due.open()
  await expiring
  gates.commit.open()
  assert.equal(await refunding, 'refunded')
  delete places.afterDue
  await service.setClock(null)
  assert.equal(await liveSeats(service, hold.zoneId), '10 available, 0 held, 0 sold')
  await assertSound(service)
})

test('a retry with the price its buyer saw is answered with its booking after the price has changed', {
  skip,
}, async () => {
  await service.reconcile(true)
  const { event, zoneIds } = await service.event([10])
  const zoneId = zoneIds[0] as string
  const keyed = { userId: 'ann', idempotencyHash: 'key', expectedUnitPriceMinor: 5000 }
  const first = await service.hold(event.id, zoneId, keyed)
  const dearer = await service.core.catalogueStore.update(event.id, {
    zones: [{ id: zoneId, priceMinor: 9900 }],
  })
  assert.ok(dearer)
  await service.core.inventory.publishSale(dearer)
  await service.core.catalogue.refresh(event.id)
  const again = await service.reserve(service.command(event.id, zoneId, keyed))
  assert.equal(again.kind, 'reserved')
  assert.equal(again.kind === 'reserved' && again.hold.bookingId, first.bookingId)
})

test('a hold that no constraint admits does not keep the others of its partition from expiring', {
  skip,
}, async () => {
  await service.persist()
  await service.reconcile(true)
  const { event, zoneIds } = await service.event([10])
  const holds = [
    await service.hold(event.id, zoneIds[0] as string),
    await service.hold(event.id, zoneIds[0] as string),
  ]
  await redisOf(service)((redis) => redis.hset(holdKey(holds[0]?.bookingId ?? ''), 'q', '0'))
  await service.setClock(holds[1]?.expiresAtMs ?? 0)
  await service.expire().catch(() => {})
  await service.setClock(null)
  assert.equal((await service.core.ledger.find(holds[1]?.bookingId ?? ''))?.status, 'expired')
  assert.equal(
    await service.core.holds.peek(holds[1]?.bookingId ?? ''),
    null,
    `partition ${partitionOfEvent(event.id)}`,
  )
})

test('a confirm that a constraint refuses does not fail those that share its batch', { skip }, async () => {
  await redisOf(service)((redis) => redis.flushall())
  await service.reconcile()
  const { event, zoneIds } = await service.event([100])
  const holds = await Promise.all(
    Array.from({ length: 12 }, () => service.hold(event.id, zoneIds[0] as string)),
  )
  const payments = await Promise.all(
    holds.map((hold, i) => service.pay(i === 5 ? { ...hold, quantity: 0 } : hold)),
  )
  await redisOf(service)((redis) => redis.hset(holdKey(holds[5]?.bookingId ?? ''), 'q', '0'))
  const settled = await Promise.allSettled(
    holds.map(({ bookingId, userId }, i) =>
      service.confirm({ bookingId, userId, paymentId: payments[i] as string }),
    ),
  )
  assert.equal(settled.filter(({ status }) => status === 'rejected').length, 1)
})

test('a refund that begins before the sale was settled: a late settling of the sale does not keep its seats', {
  skip,
}, async () => {
  const { event, zoneIds } = await service.event([10])
  const hold = await service.hold(event.id, zoneIds[0] as string, { quantity: 2 })
  const { holds, ledger, settlement } = service.core
  const view = await holds.open(hold.bookingId, 5000)
  const confirmed = await ledger.end({
    ...{ hold, generation: view.generation, atMs: view.nowMs },
    ...{ to: 'confirmed', paymentId: await service.pay(hold), confirmationCode: 'RARETURN22' },
  })
  assert.ok(confirmed.kind === 'ended')
  const { generation, nowMs } = await holds.openRefund(confirmed.booking, 15_000)
  await settlement.settle([{ ...confirmed.booking, status: 'confirmed' }])
  const refunded = await ledger.refund(confirmed.booking, generation, nowMs)
  assert.ok(refunded.kind === 'ended')
  await settlement.settle([{ ...refunded.booking, status: 'refunded' }])
  assert.equal(await liveSeats(service, hold.zoneId), '10 available, 0 held, 0 sold')
})
