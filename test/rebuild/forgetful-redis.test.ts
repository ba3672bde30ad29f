import assert from 'node:assert/strict'
import { readdirSync, rmSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { partitionOfEvent } from '../../src/pipeline/partition.ts'
import { loadStates } from '../../src/postgres/load-states.ts'
import { inventoryKey } from '../../src/redis/keys.ts'
import { liveVersions } from '../../src/redis/live-versions.ts'
import { makeInventoryLoader } from '../../src/workers/inventory-loader.ts'
import { openService, type TestService } from '../support/service.ts'
import { withoutPostgres, withoutRedis } from '../support/stores.ts'
import {
  assertNothingSells,
  assertRestored,
  confirm,
  populate,
  rebuild,
  type Scene,
  statuses,
  until,
} from './scene.ts'

const skip = withoutRedis || withoutPostgres

test('a Redis that comes back empty is rebuilt from PostgreSQL before it sells', { skip }, async (t) => {
  const service = await openService(t)
  const scene = await populate(service)
  await service.redis.stop()
  rmSync(join(service.redis.dir, 'appendonlydir'), { recursive: true })
  await service.redis.restart()

  await assertNothingSells(service, scene, /not reconciled/)
  await rebuild(service)
  assert.deepEqual(await statuses(service, scene.unwritten), Array(scene.unwritten.length).fill(null))
  await assertRestored(service, scene, [])
})

test('a Redis that was killed and kept its data writes what its streams have before it sells', {
  skip,
}, async (t) => {
  const service = await openService(t)
  const scene = await populate(service)
  await untilOnDisk(service)
  await service.redis.kill9()
  await service.redis.restart()

  await assertNothingSells(service, scene, /not reconciled/)
  await rebuild(service)
  assert.deepEqual(await statuses(service, scene.unwritten), Array(scene.unwritten.length).fill('reserved'))
  await assertRestored(service, scene, scene.unwritten)
})

test('a Redis with a truncated append-only file learns again what PostgreSQL had', { skip }, async (t) => {
  const service = await openService(t)
  const scene = await populate(service)
  const other = await eventInAnotherPartition(service, scene)
  const survivors = [
    await service.hold(other.eventId, other.zoneId),
    await service.hold(other.eventId, other.zoneId),
  ]
  await untilOnDisk(service)
  const file = appendOnlyFile(service)
  const cutAt = statSync(file).size

  // After the cut: some that PostgreSQL gets, endings of earlier ones, and some that only Redis has.
  const { eventId, zoneId } = scene
  const stored = [await service.hold(eventId, zoneId), await service.hold(eventId, zoneId)]
  const partition = partitionOfEvent(eventId)
  const written = await service.core.writeAheadLog.persist(partition, (after) =>
    service.stream.read(partition, after, 500),
  )
  assert.equal(written.kind === 'written' && written.entries, scene.unwritten.length + stored.length)
  const [toConfirm, toCancel] = scene.held.splice(0, 2)
  assert.ok(toConfirm && toCancel)
  await confirm(service, toConfirm)
  assert.equal((await service.cancel({ ...toCancel })).kind, 'cancelled')
  const forgotten = [await service.hold(eventId, zoneId), await service.hold(eventId, zoneId)]
  await untilOnDisk(service)
  await service.redis.kill9()
  assert.ok(statSync(file).size > cutAt + 100)
  truncateSync(file, cutAt + 41)
  await service.redis.restart()

  await assertNothingSells(service, scene, /not reconciled/)
  await rebuild(service)
  assert.deepEqual(await statuses(service, forgotten), [null, null])
  assert.deepEqual(await statuses(service, survivors), ['reserved', 'reserved'])
  assert.deepEqual(await statuses(service, [toConfirm, toCancel]), ['confirmed', 'cancelled'])
  for (const hold of survivors) assert.equal((await service.cancel({ ...hold })).kind, 'cancelled')
  scene.confirmed.push(toConfirm)
  await assertRestored(service, scene, [...scene.unwritten, ...stored])
})

test('after FLUSHALL nothing sells, although the scripts are still there, until it is rebuilt', {
  skip,
}, async (t) => {
  const service = await openService(t)
  const scene = await populate(service)
  await service.stores.redis.run((connection) => connection.flushall())

  await assertNothingSells(service, scene, /not loaded/)
  await rebuild(service)
  assert.deepEqual(await statuses(service, scene.unwritten), Array(scene.unwritten.length).fill(null))
  await assertRestored(service, scene, [])
})

test('an inventory key that was deleted is missed by the loader, and everything is rebuilt', {
  skip,
}, async (t) => {
  const service = await openService(t)
  const scene = await populate(service)
  await service.stores.redis.run((connection) => connection.del(inventoryKey(scene.eventId)))
  const { eventId, zoneId } = scene
  await assert.rejects(service.reserve(service.command(eventId, zoneId)), /not loaded/)
  assert.equal((await service.reconcile()).kind, 'sound')

  const lost: string[] = []
  const loader = makeInventoryLoader({
    async compare(after, limit) {
      const stored = await loadStates(service.stores.database, after, limit)
      const live = await liveVersions(
        service.stores.redis,
        stored.map(({ eventId }) => eventId),
      )
      return stored.map((state, i) => ({ ...state, liveVersion: live[i] ?? null }))
    },
    catalogue: service.core.catalogue,
    inventory: service.core.inventory,
    async onLost(eventId) {
      lost.push(eventId)
      await service.reconcile(true)
    },
    intervalMs: 20,
    onError: (_name, error) => assert.fail(error as Error),
  })
  await loader.start()
  await until('the loader found the loss', () => lost.length > 0)
  await loader.stop()
  assert.deepEqual(lost, [eventId])
  await assertRestored(service, scene, scene.unwritten)
})

test('a cursor ahead of the clock of Redis: what is sold after the rebuild is still written', {
  skip,
}, async (t) => {
  const service = await openService(t)
  const scene = await populate(service)
  await service.persist()
  const inAnHour = `${Date.now() + 3_600_000}-7`
  await service.stores.database.query({ text: 'UPDATE wal_cursor SET last_id = $1', values: [inAnHour] })
  await service.redis.kill9()
  await service.redis.restart()

  await assertNothingSells(service, scene, /not reconciled/)
  await rebuild(service)
  await assertRestored(service, scene, scene.unwritten)
})

test('a rebuild of a Redis that nothing speaks against keeps the sale going where it was', {
  skip,
}, async (t) => {
  const service = await openService(t)
  const scene = await populate(service)
  assert.equal((await service.reconcile()).kind, 'sound')
  assert.equal((await service.reconcile(true)).kind, 'rebuilt')
  await assertRestored(service, scene, scene.unwritten)
})

/** Everything that was answered has been given to the kernel, so that kill -9 does not lose it. */
async function untilOnDisk(service: TestService): Promise<void> {
  await until('the append-only file is written', async () => {
    const info = await service.stores.redis.run((connection) => connection.info('persistence'))
    return /aof_pending_bio_fsync:0/.test(info) && /aof_buffer_length:0/.test(info)
  })
}

function appendOnlyFile({ redis }: TestService): string {
  const dir = join(redis.dir, 'appendonlydir')
  const name = readdirSync(dir).find((file) => file.endsWith('.incr.aof'))
  assert.ok(name)
  return join(dir, name)
}

async function eventInAnotherPartition(service: TestService, { eventId }: Scene) {
  for (;;) {
    const { event, zoneIds } = await service.event([10])
    if (partitionOfEvent(event.id) !== partitionOfEvent(eventId))
      return { eventId: event.id, zoneId: zoneIds[0] as string }
  }
}
