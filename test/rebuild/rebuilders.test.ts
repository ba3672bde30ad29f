import assert from 'node:assert/strict'
import { test } from 'node:test'
import { redisSettings } from '../../src/compose/access.ts'
import { allPartitions, partitionOfEvent } from '../../src/pipeline/partition.ts'
import type { RebuildSession } from '../../src/pipeline/rebuild-ports.ts'
import { Unavailable } from '../../src/pipeline/unavailable.ts'
import { makeRebuildSource } from '../../src/postgres/rebuild-source.ts'
import { makeInspection } from '../../src/redis/inspection.ts'
import { inventoryKey, rebuilderKey } from '../../src/redis/keys.ts'
import { liveVersions } from '../../src/redis/live-versions.ts'
import { openRebuildSession } from '../../src/redis/rebuild-session.ts'
import { serversOf } from '../../src/redis/rebuild-writer.ts'
import { readScripts } from '../../src/redis/scripts.ts'
import { makeLookAfterLost } from '../../src/workers/lost-event.ts'
import { makeReconcile } from '../../src/workers/reconcile.ts'
import { openService, steeredClock, type TestService } from '../support/service.ts'
import { withoutPostgres, withoutRedis } from '../support/stores.ts'
import { assertNothingSells, assertRestored, generations, populate, rebuild, until } from './scene.ts'

const skip = withoutRedis || withoutPostgres
const scripts = readScripts(steeredClock)

test('of several reconcilers at once one rebuilds', { skip }, async (t) => {
  const service = await openService(t)
  const { redis, databaseUrl } = service
  const services = [
    service,
    await openService(t, { redis, databaseUrl }),
    await openService(t, { redis, databaseUrl }),
  ]
  const scene = await populate(service)
  for (let round = 1; round <= 5; round++) {
    const before = await generations(service)
    await service.stores.redis.run((connection) => connection.script('FLUSH'))
    const results = await Promise.all(services.map((one) => one.reconcile()))
    const kinds = results.map(({ kind }) => kind)
    assert.equal(kinds.filter((kind) => kind === 'rebuilt').length, 1, kinds.join())
    for (const [partition, generation] of await generations(service)) {
      assert.equal(generation, (before.get(partition) ?? 0) + 1)
    }
  }
  await assertRestored(service, scene, scene.unwritten)
})

test('a rebuild that another one took over can neither write nor open', { skip }, async (t) => {
  const service = await openService(t)
  const scene = await populate(service)
  const source = makeRebuildSource(service.stores.database)
  const late = await openSession(service)
  t.after(async () => late.end())
  await late.close()
  const lateGenerations = await source.bumpGenerations(allPartitions)
  const lateStock = await source.stock()

  assert.equal((await service.reconcile(true)).kind, 'rebuilt')
  const { eventId, zoneId } = scene
  const since = await service.hold(eventId, zoneId)
  scene.unwritten.push(since)
  await assert.rejects(late.clear(partitionOfEvent(eventId), [eventId]), Unavailable)
  await assert.rejects(late.writeStock(lateStock), Unavailable)
  await assert.rejects(late.writeTaken([{ eventId, userId: since.userId, seats: 9 }]), Unavailable)
  await assert.rejects(late.writeHolds(scene.cancelled), Unavailable)
  await assert.rejects(late.open(lateGenerations), Unavailable)
  assert.equal((await service.reconcile()).kind, 'sound')
  await service.persist()
  await assertRestored(service, scene, scene.unwritten)
})

test('a rebuild that lost its right before it opened leaves Redis shut', { skip }, async (t) => {
  const service = await openService(t)
  const scene = await populate(service)
  const { reconcile } = interruptible(service, 'open', async () => {
    await service.stores.redis.run((connection) => connection.set(rebuilderKey(5), 'somebody else'))
  })
  await assert.rejects(reconcile(true), Unavailable)
  await assertNothingSells(service, scene, /not reconciled/)
  await rebuild(service)
  await assertRestored(service, scene, scene.unwritten)
})

for (const step of ['clear', 'writeTaken', 'writeKeys', 'open'] as const) {
  test(`Redis killed in the middle of a rebuild, before ${step}: the next one does all of it`, {
    skip,
  }, async (t) => {
    const service = await openService(t)
    const scene = await populate(service)
    const { reconcile } = interruptible(service, step, async () => {
      await service.redis.kill9()
      await service.redis.restart()
    })
    await service.stores.redis.run((connection) => connection.script('FLUSH'))
    await assert.rejects(reconcile(false), Unavailable)
    await assertNothingSells(service, scene, /not reconciled/)
    await rebuild(service)
    await assertRestored(service, scene, scene.unwritten)
  })
}

test('a rebuild whose lock PostgreSQL dropped fails, and the process lives on', { skip }, async (t) => {
  const service = await openService(t)
  const scene = await populate(service)
  const { reconcile } = interruptible(service, 'writeHolds', async () => {
    const { rows } = await service.stores.database.query<{ ended: boolean }>({
      text: `SELECT pg_terminate_backend(pid) AS ended FROM pg_locks
        WHERE locktype = 'advisory' AND classid = 7004 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    })
    assert.deepEqual(rows, [{ ended: true }])
  })
  await assert.rejects(reconcile(true), Unavailable)
  await until('Redis may sell', async () => (await service.reconcile()).kind === 'sound')
  await assertRestored(service, scene, scene.unwritten)
})

test('what is missing in the midst of an admin’s rebuild is not lost, and what is missing afterwards is', {
  skip,
}, async (t) => {
  const service = await openService(t)
  const { redis } = service.stores
  const scene = await populate(service)
  const lost: string[] = []
  const lookAfterLost = makeLookAfterLost({
    reconcile: service.reconcile,
    liveVersion: async (eventId) => (await liveVersions(redis, [eventId]))[0],
    onLost: (eventId) => lost.push(eventId),
  })
  const before = await generations(service)
  const missing: unknown[] = []
  const { reconcile } = interruptible(service, 'writeStock', async () => {
    missing.push(...(await liveVersions(redis, [scene.eventId])))
    await lookAfterLost(scene.eventId)
  })
  assert.equal((await reconcile(true)).kind, 'rebuilt')
  assert.deepEqual([missing, lost], [[null], []])
  for (const [partition, generation] of await generations(service))
    assert.equal(generation, (before.get(partition) ?? 0) + 1)
  await lookAfterLost(scene.eventId)
  assert.deepEqual(lost, [], 'it is there')

  await redis.run((connection) => connection.del(inventoryKey(scene.eventId)))
  await lookAfterLost(scene.eventId)
  assert.deepEqual(lost, [scene.eventId])
  await assertRestored(service, scene, scene.unwritten)
})

function openSession({ config, stores }: TestService): Promise<RebuildSession> {
  const settings = { ...redisSettings(config), commandTimeoutMs: config.REDIS_WORKER_COMMAND_TIMEOUT_MS }
  const servers = serversOf(stores.redis, allPartitions)
  return openRebuildSession(settings, servers, scripts, config.IDEMPOTENCY_TTL_SECONDS)
}

/** The service's reconciler, with something that happens to it just before a step of the rebuild. */
function interruptible(service: TestService, step: keyof RebuildSession, happen: () => Promise<void>) {
  const reconcile = makeReconcile({
    inspection: makeInspection(service.stores.redis, scripts),
    openSession: async () => {
      const session = await openSession(service)
      const original = session[step] as (...args: unknown[]) => Promise<void>
      let happened = false
      return {
        ...session,
        [step]: async (...args: unknown[]) => {
          if (!happened) await happen()
          happened = true
          return original(...args)
        },
      }
    },
    source: makeRebuildSource(service.stores.database),
    log: service.core.writeAheadLog,
    idempotencyTtlMs: service.config.IDEMPOTENCY_TTL_SECONDS * 1000,
  })
  return { reconcile }
}
