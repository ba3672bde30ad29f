import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { after, test } from 'node:test'
import { openService } from '../support/service.ts'
import { withoutPostgres, withoutRedis } from '../support/stores.ts'
import { NOON, openQueue } from './room.ts'

const skip = withoutRedis || withoutPostgres
const service = skip ? (null as never) : await openService({ after })
const OPENS = NOON + 60_000

async function open() {
  const { event } = await service.event([100], { saleOpensAtMs: OPENS })
  await service.setClock(NOON)
  const queue = openQueue(service, event.id)
  await queue.change({ preQueue: true, maxSize: 10_000 })
  return { event, ...queue }
}

/** As anybody can do it with the published key; `places.test` of another language would do the same. */
function scoreOf(key: string, userId: string): bigint {
  const digest = createHmac('sha256', key).update(userId).digest('hex')
  return BigInt(`0x${digest.slice(0, 13)}`)
}

test('people of the pre-queue are put in the order of the key that was committed to', { skip }, async () => {
  const queue = await open()
  const names = Array.from({ length: 1300 }, (_, i) => `person-${i}`)
  const before = await queue.manage.view(queue.event.id)
  assert.equal(before?.draw.key, null)
  const outcomes = await Promise.all(names.map((name) => queue.joinAs(name)))
  assert.deepEqual([...new Set(outcomes.map(({ kind }) => kind))], ['pre_queue'])
  assert.equal((await queue.manage.view(queue.event.id))?.waiting, 1300)
  assert.equal(await queue.release(), 0)

  await queue.change({ releaseRatePerSecond: 1 })
  await service.setClock(OPENS)
  await queue.release()
  const view = await queue.manage.view(queue.event.id)
  const key = view?.draw.key ?? ''
  assert.equal(createHash('sha256').update(key).digest('hex'), before?.draw.commitment)
  const expected = names.toSorted((a, b) => (scoreOf(key, a) < scoreOf(key, b) ? -1 : 1))
  const positions = await Promise.all(expected.map((name) => queue.position(name)))
  assert.deepEqual(
    positions,
    expected.map((_, i) => i + 1),
  )
  assert.notDeepEqual(expected, names)
})

test('who comes after the opening stands behind everybody of the pre-queue, also before the draw was made', {
  skip,
}, async () => {
  const queue = await open()
  for (let i = 0; i < 5; i++) await queue.joinAs(`early-${i}`)
  await service.setClock(OPENS + 1)
  assert.equal((await queue.standing('late')).seq, 6)
  assert.equal((await queue.joinAs('early-2')).kind, 'pre_queue')
  await queue.release()
  assert.ok((await queue.position('early-2')) <= 5)
  assert.equal(await queue.position('late'), 6)
})

test('the draw is made once: it does not change when the workers ask again or the key is lost in Redis', {
  skip,
}, async () => {
  const queue = await open()
  for (let i = 0; i < 20; i++) await queue.joinAs(`u${i}`)
  await queue.change({ releaseRatePerSecond: 1 })
  await service.setClock(OPENS)
  const first = await queue.admittance.release(queue.event.id)
  assert.equal(first?.checkpoint.drawn, true)
  const order = await Promise.all(Array.from({ length: 20 }, (_, i) => queue.position(`u${i}`)))
  await queue.admittance.release(queue.event.id)
  const again = await Promise.all(Array.from({ length: 20 }, (_, i) => queue.position(`u${i}`)))
  assert.deepEqual(again, order)
})

test('who leaves the pre-queue takes no part in the draw; joining it twice is joining once', {
  skip,
}, async () => {
  const queue = await open()
  for (const name of ['ann', 'bob', 'bob', 'cid']) await queue.joinAs(name)
  assert.equal(await queue.places.leave(queue.event.id, 'ann'), true)
  await queue.change({ releaseRatePerSecond: 1 })
  await service.setClock(OPENS)
  await queue.release()
  assert.deepEqual([await queue.position('bob'), await queue.position('cid')].sort(), [1, 2])
  assert.deepEqual(await queue.places.position(queue.event.id, 'ann'), { kind: 'not_in_queue' })
})
