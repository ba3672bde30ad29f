import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { allPartitions, partitionOfEvent } from '../../src/pipeline/partition.ts'
import { saturatedKey, streamKey } from '../../src/redis/keys.ts'
import { openService } from '../support/service.ts'
import { withoutPostgres, withoutRedis } from '../support/stores.ts'
import { NOON, openQueue } from './room.ts'

const skip = withoutRedis || withoutPostgres
const service = skip ? (null as never) : await openService({ after })

async function open(people: number, more: Parameters<typeof openQueue>[2] = {}) {
  const { event } = await service.event([100])
  await service.setClock(NOON)
  const queue = openQueue(service, event.id, more)
  await queue.change({ maxSize: 1_000_000 })
  for (let i = 0; i < people; i += 1000) {
    const some = Array.from({ length: Math.min(1000, people - i) }, (_, n) => queue.joinAs(`u${i + n}`))
    await Promise.all(some)
  }
  // The first call begins the count.
  await queue.release()
  return { event, ...queue }
}

for (const callers of [1, 3, 8]) {
  test(`500 a second come in over 30 seconds, with ${callers} callers at times of their own`, {
    skip,
  }, async () => {
    const queue = await open(16_000)
    let released = 0
    let seed = callers
    for (let ms = 0; ms <= 30_000; ) {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
      ms += 1 + (seed % Math.ceil(200 / callers))
      await service.setClock(NOON + Math.min(ms, 30_000))
      released += await queue.release()
    }
    assert.ok(Math.abs(released - 15_000) <= 150, `${released} instead of 15000`)
    // Nothing is lost by rounding at all.
    assert.equal(released, 15_000)
  })
}

test('after a stall of ten seconds one second’s worth comes in, not ten', { skip }, async () => {
  const queue = await open(2000)
  await service.setClock(NOON + 10_000)
  assert.equal(await queue.release(), 500)
  assert.equal(await queue.release(), 0)
  await service.setClock(NOON + 10_100)
  assert.equal(await queue.release(), 50)
})

test('while nobody waits nothing is saved up', { skip }, async () => {
  const queue = await open(0)
  await service.setClock(NOON + 5000)
  await queue.release()
  for (let i = 0; i < 300; i++) await queue.joinAs(`u${i}`)
  await service.setClock(NOON + 5010)
  assert.equal(await queue.release(), 5)
})

test('a fraction of a person is carried to the next call', { skip }, async () => {
  const queue = await open(100)
  await queue.change({ releaseRatePerSecond: 3 })
  const counts: number[] = []
  for (let i = 1; i <= 10; i++) {
    await service.setClock(NOON + i * 100)
    counts.push(await queue.release())
  }
  assert.equal(
    counts.reduce((a, b) => a + b, 0),
    3,
  )
})

test('people come in in the order in which they joined, and each has a pass', { skip }, async () => {
  const queue = await open(10)
  await queue.change({ releaseRatePerSecond: 10 })
  for (let i = 0; i < 10; i++) {
    await service.setClock(NOON + 1 + (i + 1) * 100)
    assert.equal(await queue.release(), 1)
    const { expiresAtMs } = await queue.pass(`u${i}`)
    assert.equal(expiresAtMs, NOON + 1 + (i + 1) * 100 + 300_000)
    if (i < 9) assert.equal(await queue.position(`u${i + 1}`), 1)
  }
})

test('the rate changes while people wait', { skip }, async () => {
  const queue = await open(3000)
  await service.setClock(NOON + 1000)
  assert.equal(await queue.release(), 500)
  await queue.change({ releaseRatePerSecond: 100 })
  await service.setClock(NOON + 2000)
  assert.equal(await queue.release(), 100)
})

test('a paused queue lets nobody in, takes people, and saves nothing up', { skip }, async () => {
  const queue = await open(2000)
  await queue.change({ state: 'paused' })
  await service.setClock(NOON + 3000)
  assert.equal(await queue.release(), 0)
  assert.equal((await queue.manage.view(queue.event.id))?.pausedBy, 'organizer')
  assert.equal((await queue.joinAs('late')).kind, 'waiting')
  await queue.change({ state: 'open' })
  assert.equal(await queue.release(), 0)
  await service.setClock(NOON + 3100)
  assert.equal(await queue.release(), 50)
})

test('nobody is let in while the write-ahead backlog is over its limit', { skip }, async () => {
  const queue = await open(100, { streamMaxEntries: 3 })
  const stream = streamKey(partitionOfEvent(queue.event.id))
  await service.stores.redis.run((redis) =>
    redis.multi().xadd(stream, '*', 'b', '').xadd(stream, '*', 'b', '').xadd(stream, '*', 'b', '').exec(),
  )
  await service.setClock(NOON + 1000)
  assert.equal(await queue.release(), 0)
  assert.equal((await queue.manage.view(queue.event.id))?.pausedBy, 'backlog')
  const polled = await queue.places.position(queue.event.id, 'u3')
  assert.equal(polled.kind === 'waiting' && polled.standing.pausedBy, 'backlog')
  await service.stores.redis.run((redis) => redis.del(stream))
  await service.setClock(NOON + 1100)
  assert.equal(await queue.release(), 50)
  assert.equal((await queue.manage.view(queue.event.id))?.pausedBy, null)
})

test('nobody is let in while a process is at the limit of its load', { skip }, async () => {
  const queue = await open(100)
  await queue.listening.beat(true)
  await service.setClock(NOON + 1000)
  assert.equal(await queue.release(), 0)
  assert.equal((await queue.manage.view(queue.event.id))?.pausedBy, 'load')
  // Of every partition, and so in the way of the next test.
  await service.stores.redis.run((redis) => redis.del(...allPartitions.map(saturatedKey)))
  await service.setClock(NOON + 1100)
  assert.equal(await queue.release(), 50)
})

test('a cap counts the passes that are still valid, and no-shows do not slow the rate', {
  skip,
}, async () => {
  const queue = await open(5000, { passTtlMs: 2000 })
  await queue.change({ maxActivePasses: 600 })
  let released = 0
  for (const ms of [1000, 1500, 2000]) {
    await service.setClock(NOON + ms)
    released += await queue.release()
  }
  assert.equal(released, 600)
  assert.equal((await queue.manage.view(queue.event.id))?.pausedBy, 'cap')
  // The first five hundred never came; their passes are over.
  await service.setClock(NOON + 3001)
  assert.equal(await queue.release(), 500)
  assert.equal((await queue.manage.view(queue.event.id))?.activePasses, 600)
})

test('whoever leaves with a pass makes room under the cap', { skip }, async () => {
  const queue = await open(10)
  await queue.change({ maxActivePasses: 1 })
  await service.setClock(NOON + 1000)
  assert.equal(await queue.release(), 1)
  await service.setClock(NOON + 2000)
  assert.equal(await queue.release(), 0)
  await queue.places.leave(queue.event.id, 'u0')
  await service.setClock(NOON + 3000)
  assert.equal(await queue.release(), 1)
  assert.equal((await queue.places.position(queue.event.id, 'u0')).kind, 'not_in_queue')
})
