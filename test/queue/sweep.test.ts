import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { partitionOfEvent } from '../../src/pipeline/partition.ts'
import { listeningKey } from '../../src/redis/keys.ts'
import { openService } from '../support/service.ts'
import { withoutPostgres, withoutRedis } from '../support/stores.ts'
import { NOON, openQueue } from './room.ts'

const skip = withoutRedis || withoutPostgres
const service = skip ? (null as never) : await openService({ after })

async function open(people: number) {
  const { event } = await service.event([100])
  await service.setClock(NOON)
  const queue = openQueue(service, event.id)
  await queue.change({ state: 'paused', maxSize: 10_000 })
  await Promise.all(Array.from({ length: people }, (_, i) => queue.joinAs(`u${i}`)))

  /** Time goes by, with a sweep each second, and somebody there to listen. @returns people passed over */
  async function sweepThrough(fromMs: number, toMs: number, alive = true): Promise<number> {
    let passedOver = 0
    for (let ms = fromMs; ms <= toMs; ms += 1000) {
      await service.setClock(NOON + ms)
      await service.stores.redis.run(
        async (redis): Promise<unknown> =>
          alive
            ? redis.set(listeningKey(partitionOfEvent(event.id)), '1')
            : redis.del(listeningKey(partitionOfEvent(event.id))),
      )
      passedOver += await queue.admittance.sweep(event.id)
    }
    return passedOver
  }
  return { event, ...queue, sweepThrough }
}

test('who stops listening for sixty seconds is passed over, told, and may join again at the end', {
  skip,
}, async () => {
  const queue = await open(3)
  assert.equal(await queue.sweepThrough(0, 30_000), 0)
  await queue.listening.heard(queue.event.id, ['u0'])
  await queue.places.position(queue.event.id, 'u2')
  assert.equal(await queue.sweepThrough(31_000, 59_000), 0)
  assert.equal(await queue.sweepThrough(60_000, 62_000), 1)
  assert.deepEqual(await queue.places.position(queue.event.id, 'u1'), { kind: 'gone', reason: 'passed_over' })
  assert.equal(await queue.position('u2'), 2)
  assert.equal((await queue.standing('u1')).position, 3)
  assert.equal(await queue.position('u1'), 3)
})

test('a token does not bring back the place of somebody who was passed over', { skip }, async () => {
  const queue = await open(0)
  const first = await queue.standing('ann')
  await queue.standing('bob')
  await queue.sweepThrough(0, 40_000)
  await queue.listening.heard(queue.event.id, ['bob'])
  assert.equal(await queue.sweepThrough(41_000, 70_000), 1)
  assert.equal((await queue.standing('ann', first)).position, 2)
})

test('a time without any API process is not counted', { skip }, async () => {
  const queue = await open(2)
  assert.equal(await queue.sweepThrough(0, 50_000), 0)
  assert.equal(await queue.sweepThrough(51_000, 200_000, false), 0)
  assert.equal(await queue.sweepThrough(201_000, 255_000), 0)
  assert.equal(await queue.sweepThrough(256_000, 262_000), 2)
})

test('a time without any sweep is not counted', { skip }, async () => {
  const queue = await open(2)
  assert.equal(await queue.sweepThrough(0, 10_000), 0)
  assert.equal(await queue.sweepThrough(300_000, 355_000), 0)
  assert.equal(await queue.sweepThrough(356_000, 362_000), 2)
})

test('a sweep passes over five hundred at most in one call', { skip }, async () => {
  const queue = await open(1200)
  assert.equal(await queue.sweepThrough(0, 59_000), 0)
  await service.setClock(NOON + 60_000)
  const calls = []
  for (let i = 0; i < 4; i++) calls.push(await queue.admittance.sweep(queue.event.id))
  assert.deepEqual(calls, [500, 500, 200, 0])
})
