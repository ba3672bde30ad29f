/** The service on a Redis Cluster: three masters, one of which dies, forgets, or is replaced by a replica that was behind. */
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Hold } from '../../../src/booking/model.ts'
import { openStores } from '../../../src/compose/stores.ts'
import { parseConfig } from '../../../src/config.ts'
import { waitFor } from '../../../src/devstack/wait.ts'
import { allPartitions, partitionOfEvent } from '../../../src/pipeline/partition.ts'
import { RefusedConnection } from '../../../src/pipeline/refused-connection.ts'
import { Unavailable } from '../../../src/pipeline/unavailable.ts'
import { readScripts } from '../../../src/redis/scripts.ts'
import { startBuyers } from '../../faults/buyers.ts'
import { ask as askApi, createEvents } from '../../faults/client.ts'
import { environment, eventsOf, runCommand, startService } from '../../faults/process.ts'
import {
  assertNothingSells,
  assertRestored,
  confirm,
  generations,
  populate,
  rebuild,
  type Scene,
  statuses,
} from '../../rebuild/scene.ts'
import type { Cleanup, TestServer } from '../../support/restartable.ts'
import { openService, type TestService } from '../../support/service.ts'
import { openDatabase, openRedis, withoutPostgres, withoutRedis } from '../../support/stores.ts'
import { ask, cutOff, openCluster, type TestCluster, takeOver, until, untilInStep } from '../cluster.ts'

const skip = withoutRedis || withoutPostgres

test('the whole service sells on a cluster, and the books agree', {
  skip,
}, async (t) => {
  const cluster = await openCluster(t)
  const { url: databaseUrl } = await openDatabase(t)
  const stores = {
    redisUrl: urlOf(cluster.masters[0]),
    databaseUrl,
    ...eventsOf(t),
    settings: cluster.env,
  }
  const service = await startService(t, 'all', stores)
  const sales = await createEvents(service.api, 6, 300)
  const used = new Set(sales.map(({ eventId }) => cluster.masterOf(partitionOfEvent(eventId))))
  assert.ok(used.size > 1, 'the events lie on several masters')
  const buyers = startBuyers(service.api, sales, { maxRequests: 400 })
  const isDone = () => buyers.count('cancel 200') > 0 && buyers.count('confirm 200') > 2
  const done = await waitFor(isDone, { timeoutMs: 90_000 })
  const tally = await buyers.stop()
  assert.ok(done, JSON.stringify([...tally.answers]))
  assert.deepEqual(tally.defects, [])
  const ready = await (await fetch(`${service.api}/ready`)).text()
  assert.match(ready, /"redis":\{"ok":true,"state":"up"/)
  assert.equal(await service.end('SIGTERM'), 0)
  const audit = await runCommand(['audit'], stores)
  assert.equal(audit.code, 0, audit.stdout + audit.stderr)
})

test('people queue on every master, are let in in their order, and buy; a master that is killed stops its own queues alone', {
  skip,
}, async (t) => {
  const cluster = await openCluster(t)
  const { url: databaseUrl } = await openDatabase(t)
  const stores = {
    redisUrl: urlOf(cluster.masters[0]),
    databaseUrl,
    ...eventsOf(t),
    settings: cluster.env,
  }
  const service = await startService(t, 'all', stores)
  const rooms = await openRooms(service.api, cluster)
  const join = async (room: Room, count: number) => {
    const people = Array.from({ length: count }, (_, i) => `${room.eventId}-${room.joined + i}`)
    room.joined += count
    for (const user of people) {
      const { status, body } = await api(service.api, 'POST', '/queue/join', user, { event_id: room.eventId })
      assert.equal(status, 201, JSON.stringify(body))
    }
    return people
  }
  const served = async (room: Room, people: readonly string[]) => {
    const passes: string[] = []
    for (const user of people) {
      await until(`${user} gets a pass`, async () => {
        const { body } = await api(service.api, 'GET', `/queue/position/${room.eventId}`, user)
        if (body.queue_pass) passes.push(body.queue_pass)
        return body.queue_pass !== undefined
      })
      const wish = { event_id: room.eventId, zone_id: room.zoneId, quantity: 1 }
      const { status, body } = await api(service.api, 'POST', '/bookings/reserve', user, {
        ...wish,
        queue_pass: passes.at(-1),
      })
      assert.equal(status, 201, JSON.stringify(body))
    }
    const places = passes.map((pass) => Number.parseInt(claimsOf(pass).pass, 10))
    assert.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
    )
  }
  for (const room of rooms) await served(room, await join(room, 5))

  const [away, ...others] = rooms as [Room, ...Room[]]
  const lost = cluster.masters[cluster.masterOf(partitionOfEvent(away.eventId))] as TestServer
  const waiting = await join(away, 3)
  await untilOnDisk(lost)
  await lost.kill9()
  for (const room of others) await served(room, await join(room, 5))
  const { status } = await api(service.api, 'GET', `/queue/position/${away.eventId}`, waiting[0] ?? '')
  assert.equal(status, 503)
  await lost.restart()
  await until('the queue of the one that came back answers', async () => {
    const answer = await api(service.api, 'GET', `/queue/position/${away.eventId}`, waiting[0] ?? '')
    return answer.status === 200
  })
  await served(away, waiting)
  assert.equal(await service.end('SIGTERM'), 0)
  const audit = await runCommand(['audit'], stores)
  assert.equal(audit.code, 0, audit.stdout + audit.stderr)
})

test('a master that is killed takes its own events with it and no others, and sells again once it was rebuilt', {
  skip,
}, async (t) => {
  const { service, cluster, scene, elsewhere } = await openScene(t)
  const lost = cluster.masters[cluster.masterOf(partitionOfEvent(scene.eventId))] as TestServer
  await untilOnDisk(lost)
  await lost.kill9()

  await assert.rejects(service.reserve(service.command(scene.eventId, scene.zoneId)), Unavailable)
  for (const { eventId, zoneId } of elsewhere) await service.hold(eventId, zoneId)
  assert.equal((await service.reconcile()).kind, 'partly')
  // What is on the others is still written: those above, and nothing of the one that is away.
  const backlog = await service.stream.backlog()
  assert.ok(backlog.length < allPartitions.length && backlog.some(({ entries }) => entries > 0))

  await lost.restart()
  await assertNothingSells(service, scene, /not reconciled/)
  for (const { eventId, zoneId } of elsewhere) await service.hold(eventId, zoneId)
  await rebuild(service)
  await assertOnlyRebuilt(service, scene, cluster)
  for (const { eventId, zoneId } of elsewhere) await service.hold(eventId, zoneId)
  await endAll(service, elsewhere)
  await assertRestored(service, withoutGenerations(scene), scene.unwritten)
})

test('a master that comes back empty sells nothing before it knows what PostgreSQL knows; the others sell on', {
  skip,
}, async (t) => {
  const { service, cluster, scene, elsewhere } = await openScene(t)
  const lost = cluster.masters[cluster.masterOf(partitionOfEvent(scene.eventId))] as TestServer
  await lost.stop()
  rmSync(join(lost.dir, 'appendonlydir'), { recursive: true })
  await lost.restart()

  await assertNothingSells(service, scene, /not reconciled/)
  for (const { eventId, zoneId } of elsewhere) await service.hold(eventId, zoneId)
  await rebuild(service)
  await assertOnlyRebuilt(service, scene, cluster)
  assert.deepEqual(await statuses(service, scene.unwritten), Array(scene.unwritten.length).fill(null))
  await endAll(service, elsewhere)
  await assertRestored(service, withoutGenerations(scene), [])
})

test('a replica that was behind takes over: what it never heard of is not sold again', {
  skip,
}, async (t) => {
  const { service, cluster, scene, elsewhere, master, replica } = await openSceneBehind(t)
  const { stored, forgotten } = await sellMore(service, scene)
  await takeOver(replica, master)

  await assertNothingSells(service, scene, /not reconciled/)
  for (const { eventId, zoneId } of elsewhere) await service.hold(eventId, zoneId)
  await rebuild(service)
  await assertOnlyRebuilt(service, scene, cluster)
  assert.deepEqual(await statuses(service, forgotten), [null, null])
  await endAll(service, elsewhere)
  await assertRestored(service, withoutGenerations(scene), [...scene.unwritten, ...stored])
})

test('a master that was replaced, and took over again before anybody looked, is rebuilt although it never stopped', {
  skip,
}, async (t) => {
  const { service, scene, elsewhere, master, replica } = await openSceneBehind(t)
  const { stored } = await sellMore(service, scene)
  const idleSinceMs = performance.now()
  await takeOver(replica, master)
  await untilInStep(master, replica)
  await takeOver(master, replica)

  // A connection is believed for a second after it was looked at.
  await until('nobody believes the master any more', () => performance.now() - idleSinceMs > 1000)
  await assertNothingSells(service, scene, /not reconciled/)
  await rebuild(service)
  await endAll(service, elsewhere)
  await assertRestored(service, withoutGenerations(scene), [...scene.unwritten, ...stored])
})

test('a partition that is moved to another master sells nothing there before that one was rebuilt', {
  skip,
}, async (t) => {
  const { service, cluster, scene, elsewhere } = await openScene(t)
  const partition = partitionOfEvent(scene.eventId)
  const from = cluster.masters[cluster.masterOf(partition)] as TestServer
  const to = cluster.masters[(cluster.masterOf(partition) + 1) % cluster.masters.length] as TestServer
  await moveSlot(partition, from, to, cluster.masters)

  await assertNothingSells(service, scene, /not reconciled|wrong server/)
  await rebuild(service)
  await endAll(service, elsewhere)
  await assertRestored(service, withoutGenerations(scene), scene.unwritten)
})

test('one server and a cluster are not taken for each other, and a cluster of which a master is away can be started on', {
  skip,
}, async (t) => {
  const cluster = await openCluster(t)
  const [redis, { url: databaseUrl }] = [await openRedis(t), await openDatabase(t)]
  const open = async (redisUrl: string, settings: Record<string, string>) => {
    const config = parseConfig(environment({ redisUrl, databaseUrl, settings }, {}))
    await (await openStores(config, 'request', readScripts(), () => {}, null)).close()
  }
  const refused = (code: string) => (error: unknown) => {
    assert.ok(error instanceof RefusedConnection, String(error))
    assert.equal(error.code, code)
    return true
  }
  await assert.rejects(open(urlOf(cluster.masters[0]), {}), refused('REDIS_IS_A_CLUSTER'))
  const itself = { REDIS_CLUSTER_NODES: `127.0.0.1:${redis.port}` }
  await assert.rejects(open(redis.url, itself), refused('REDIS_IS_NO_CLUSTER'))

  const [first, second] = cluster.masters as [TestServer, TestServer]
  await first.kill9()
  const stores = { redisUrl: urlOf(first), databaseUrl, settings: cluster.env }
  const service = await startService(t, 'all', stores)
  const answer = await fetch(`${service.api}/ready`)
  const state = await answer.text()
  assert.equal(answer.status, 200)
  assert.match(state, new RegExp(`127.0.0.1:${first.port}: `))
  assert.ok(!state.includes(`:${second.port}`))
  await first.restart()
  await until('the one that came back is looked after', async () =>
    (await (await fetch(`${service.api}/ready`)).text()).includes('"redis":{"ok":true,"state":"up"'),
  )
})

interface Room {
  eventId: string
  zoneId: string
  joined: number
}

/** An event with a queue on each of the masters. */
async function openRooms(url: string, cluster: TestCluster): Promise<Room[]> {
  const rooms = new Map<number, Room>()
  while (rooms.size < cluster.masters.length) {
    const [sale] = await createEvents(url, 1, 100, { queue_required: true })
    if (!sale) continue
    rooms.set(cluster.masterOf(partitionOfEvent(sale.eventId)), { ...sale, joined: 0 })
  }
  return [...rooms.values()]
}

function api(url: string, method: 'GET' | 'POST', path: string, user: string, body?: unknown) {
  return askApi(method, `${url}/api/v1${path}`, { user, ...(body === undefined ? {} : { body }) })
}

function claimsOf(pass: string): { pass: string } {
  return JSON.parse(Buffer.from(pass.split('.')[1] ?? '', 'base64url').toString()) as { pass: string }
}

interface Elsewhere {
  eventId: string
  zoneId: string
}

/** The scene, whose master's replica was in step with it and hears nothing more. */
async function openSceneBehind(t: Cleanup) {
  const opened = await openScene(t, { replicas: true })
  const place = opened.cluster.masterOf(partitionOfEvent(opened.scene.eventId))
  const master = opened.cluster.masters[place] as TestServer
  const replica = opened.cluster.replicas[place] as TestServer
  await untilInStep(replica, master)
  await cutOff(replica)
  return { ...opened, master, replica }
}

/** A scene on one master, and an event on each of the others. */
async function openScene(t: Cleanup, options: { replicas?: boolean } = {}) {
  const cluster = await openCluster(t, options)
  const [first] = cluster.masters as [TestServer]
  const service = await openService(t, { redis: { ...first, replicaOf() {} }, env: cluster.env })
  const scene = await populate(service)
  const used = new Set([cluster.masterOf(partitionOfEvent(scene.eventId))])
  const elsewhere: Elsewhere[] = []
  while (used.size < cluster.masters.length) {
    const { event, zoneIds } = await service.event([50])
    const master = cluster.masterOf(partitionOfEvent(event.id))
    if (used.has(master)) continue
    used.add(master)
    elsewhere.push({ eventId: event.id, zoneId: zoneIds[0] as string })
  }
  return { service, cluster, scene: { ...scene, generations: await generations(service) }, elsewhere }
}

/** Sales and endings after the scene, of which PostgreSQL hears; and two of which it does not. */
async function sellMore(service: TestService, scene: Scene): Promise<{ stored: Hold[]; forgotten: Hold[] }> {
  const { eventId, zoneId } = scene
  const stored = await Promise.all([1, 2, 3].map(() => service.hold(eventId, zoneId)))
  const [toConfirm, toCancel] = scene.held.splice(0, 2) as [Hold, Hold]
  await confirm(service, toConfirm)
  assert.equal((await service.cancel({ ...toCancel })).kind, 'cancelled')
  await service.persist()
  scene.confirmed.push(toConfirm)
  const forgotten = await Promise.all([1, 2].map(() => service.hold(eventId, zoneId)))
  return { stored, forgotten }
}

/** Partitions of the other masters were left alone. */
async function assertOnlyRebuilt(service: TestService, scene: Scene, cluster: TestCluster): Promise<void> {
  const place = cluster.masterOf(partitionOfEvent(scene.eventId))
  for (const [partition, generation] of await generations(service)) {
    const before = scene.generations.get(partition)
    assert.equal(generation, cluster.masterOf(partition) === place ? Number(before) + 1 : before)
  }
}

/** Those were looked at; what is left of the scene's expectations is for one server. */
function withoutGenerations(scene: Scene): Scene {
  return { ...scene, generations: new Map(allPartitions.map((partition) => [partition, -1])) }
}

/** So that what is left is the scene's. */
async function endAll(service: TestService, elsewhere: readonly Elsewhere[]): Promise<void> {
  await service.persist()
  const { rows } = await service.stores.database.query<{ id: string; user_id: string }>({
    text: `SELECT id, user_id FROM bookings WHERE status = 'reserved' AND event_id = ANY ($1::uuid[])`,
    values: [elsewhere.map(({ eventId }) => eventId)],
  })
  for (const { id, user_id } of rows) await service.cancel({ bookingId: id, userId: user_id })
}

/** As an operator's tool moves a slot: key by key. */
async function moveSlot(
  partition: number,
  from: TestServer,
  to: TestServer,
  masters: readonly TestServer[],
): Promise<void> {
  const slot = Number(await ask(from, 'CLUSTER', 'KEYSLOT', `{p${String(partition).padStart(2, '0')}}`))
  const [source, target] = [await ask(from, 'CLUSTER', 'MYID'), await ask(to, 'CLUSTER', 'MYID')].map(String)
  await ask(to, 'CLUSTER', 'SETSLOT', slot, 'IMPORTING', source ?? '')
  await ask(from, 'CLUSTER', 'SETSLOT', slot, 'MIGRATING', target ?? '')
  for (;;) {
    const keys = (await ask(from, 'CLUSTER', 'GETKEYSINSLOT', slot, 100)) as string[]
    if (keys.length === 0) break
    await ask(from, 'MIGRATE', '127.0.0.1', to.port, '', 0, 5000, 'KEYS', ...keys)
  }
  for (const master of [to, from, ...masters.filter((one) => one !== to && one !== from)])
    await ask(master, 'CLUSTER', 'SETSLOT', slot, 'NODE', target ?? '')
}

async function untilOnDisk(server: TestServer): Promise<void> {
  await until('the append-only file is written', async () => {
    const info = String(await ask(server, 'INFO', 'persistence'))
    return /aof_pending_bio_fsync:0/.test(info) && /aof_buffer_length:0/.test(info)
  })
}

function urlOf(server: TestServer | undefined): string {
  return `redis://127.0.0.1:${server?.port}`
}
