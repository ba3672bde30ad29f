import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Redis } from 'ioredis'
import { openService } from '../support/service.ts'
import { openRedis, type TestRedis, withoutPostgres, withoutRedis } from '../support/stores.ts'
import { assertNothingSells, assertRestored, confirm, populate, rebuild, statuses, until } from './scene.ts'

const skip = withoutRedis || withoutPostgres

test('a lagging replica that was promoted sells nothing until it knows what PostgreSQL knows', {
  skip,
}, async (t) => {
  const [master, replica] = await Promise.all([openRedis(t), openRedis(t)])
  const old = await openService(t, { redis: master })
  replica.replicaOf(master)
  const scene = await populate(old)
  await untilInStep(master, replica)
  await cutLink(replica)

  // Sales and endings that the replica never hears of; of the last ones PostgreSQL does not hear either.
  const { eventId, zoneId } = scene
  const stored = await Promise.all([1, 2, 3].map(() => old.hold(eventId, zoneId)))
  const [toConfirm, toCancel] = scene.held.splice(0, 2)
  assert.ok(toConfirm && toCancel)
  await confirm(old, toConfirm)
  assert.equal((await old.cancel({ ...toCancel })).kind, 'cancelled')
  await old.persist()
  const forgotten = await Promise.all([1, 2].map(() => old.hold(eventId, zoneId)))
  await master.kill9()
  replica.replicaOf(undefined)

  const service = await openService(t, { redis: replica, databaseUrl: old.databaseUrl })
  assert.equal(
    await service.core.holds.peek(toCancel.bookingId).then((hold) => hold?.bookingId),
    toCancel.bookingId,
  )
  await assertNothingSells(service, scene, /not reconciled/)
  await rebuild(service)
  assert.deepEqual(await statuses(service, [toConfirm, toCancel]), ['confirmed', 'cancelled'])
  assert.deepEqual(await statuses(service, forgotten), [null, null])
  scene.confirmed.push(toConfirm)
  await assertRestored(service, scene, [...scene.unwritten, ...stored])
})

test('what a replica had and PostgreSQL had not is written when it was promoted', { skip }, async (t) => {
  const [master, replica] = await Promise.all([openRedis(t), openRedis(t)])
  const old = await openService(t, { redis: master })
  replica.replicaOf(master)
  const scene = await populate(old)
  await untilInStep(master, replica)
  await master.kill9()
  replica.replicaOf(undefined)

  const service = await openService(t, { redis: replica, databaseUrl: old.databaseUrl })
  await assertNothingSells(service, scene, /not reconciled/)
  await rebuild(service)
  await assertRestored(service, scene, scene.unwritten)
})

for (const [who, wasIdle] of [
  ['a process that connects to it now', false],
  ['a process that was idle and connected all the while', true],
] as const) {
  test(`a master that became a replica and is promoted again sells nothing unreconciled to ${who}`, {
    skip,
  }, async (t) => {
    const [first, second] = await Promise.all([openRedis(t), openRedis(t)])
    const before = await openService(t, { redis: first })
    const scene = await populate(before)
    await before.persist()
    const idleSinceMs = performance.now()
    second.replicaOf(first)
    await untilInStep(first, second)

    // Over to the second, whose sales the first follows for a while, and back again.
    second.replicaOf(undefined)
    const between = await openService(t, { redis: second, databaseUrl: before.databaseUrl })
    await rebuild(between)
    first.replicaOf(second)
    await untilInStep(second, first)
    await cutLink(first)
    const stored = await Promise.all([1, 2, 3].map(() => between.hold(scene.eventId, scene.zoneId)))
    await between.persist()
    await second.kill9()
    first.replicaOf(undefined)

    // A connection is believed for a second after it was looked at.
    await until('nobody believes the first any more', () => performance.now() - idleSinceMs > 1000)
    const { databaseUrl } = before
    const service = wasIdle ? before : await openService(t, { redis: first, databaseUrl })
    await assertNothingSells(service, scene, /not reconciled/)
    await rebuild(service)
    await assertRestored(service, scene, [...scene.unwritten, ...stored])
  })
}

test('a master that was demoted, lost what the other never heard of, and is promoted again before anybody rebuilt', {
  skip,
}, async (t) => {
  const [first, second] = await Promise.all([openRedis(t), openRedis(t)])
  const service = await openService(t, { redis: first })
  const scene = await populate(service)
  second.replicaOf(first)
  await untilInStep(first, second)
  await cutLink(second)
  const stored = await Promise.all([1, 2, 3].map(() => service.hold(scene.eventId, scene.zoneId)))
  await service.persist()
  const idleSinceMs = performance.now()

  // The first follows the second, forgets those three, and takes over again: its scripts, its run id and its generation are what they were.
  second.replicaOf(undefined)
  first.replicaOf(second)
  await untilInStep(second, first)
  first.replicaOf(undefined)

  await until('nobody believes the first any more', () => performance.now() - idleSinceMs > 1000)
  await assertNothingSells(service, scene, /not reconciled/)
  await rebuild(service)
  await assertRestored(service, scene, [...scene.unwritten, ...stored])
})

async function untilInStep(master: TestRedis, replica: TestRedis): Promise<void> {
  const [a, b] = [new Redis(master.port), new Redis(replica.port)]
  try {
    await until('the replica is in step', async () => {
      const [sent, got] = [await a.info('replication'), await b.info('replication')]
      const offset = /master_repl_offset:(\d+)/.exec(sent)?.[1]
      return /master_link_status:up/.test(got) && /slave_repl_offset:(\d+)/.exec(got)?.[1] === offset
    })
  } finally {
    for (const redis of [a, b]) redis.disconnect()
  }
}

/** Cuts a replica off: its master has no password, so one that brings one is turned away. */
async function cutLink(replica: TestRedis): Promise<void> {
  const redis = new Redis(replica.port)
  try {
    await redis.config('SET', 'masterauth', 'wrong')
    await redis.call('CLIENT', 'KILL', 'TYPE', 'master')
    await until('the link is down', async () =>
      /master_link_status:down/.test(await redis.info('replication')),
    )
  } finally {
    redis.disconnect()
  }
}
