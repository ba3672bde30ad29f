import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { queueKey } from '../../src/redis/keys.ts'
import { openService } from '../support/service.ts'
import { withoutPostgres, withoutRedis } from '../support/stores.ts'
import { NOON, openQueue } from './room.ts'

const skip = withoutRedis || withoutPostgres
const service = skip ? (null as never) : await openService({ after })

/** A queue of its own, at a time of its own. */
async function open(more: Parameters<typeof service.event>[1] = {}, nowMs = NOON) {
  const { event, zoneIds } = await service.event([100], more)
  await service.setClock(nowMs)
  return { event, zoneId: zoneIds[0] as string, ...openQueue(service, event.id) }
}

test('people stand in the order in which they joined', { skip }, async () => {
  const queue = await open()
  const positions = []
  for (const name of ['ann', 'bob', 'cid']) positions.push((await queue.standing(name)).position)
  assert.deepEqual(positions, [1, 2, 3])
  assert.equal(await queue.position('bob'), 2)
})

test('five hundred who join at once get five hundred places', { skip }, async () => {
  const queue = await open()
  const standings = await Promise.all(Array.from({ length: 500 }, (_, i) => queue.standing(`u${i}`)))
  assert.equal(new Set(standings.map(({ seq }) => seq)).size, 500)
  assert.deepEqual(
    standings.map(({ position }) => position).sort((a, b) => a - b),
    Array.from({ length: 500 }, (_, i) => i + 1),
  )
})

test('joining twice keeps the place and the time', { skip }, async () => {
  const queue = await open()
  const first = await queue.standing('ann')
  await queue.standing('bob')
  await service.setClock(NOON + 30_000)
  assert.deepEqual(await queue.standing('ann'), { ...first, total: 2 })
})

test('those behind somebody who leaves move up, those before do not', { skip }, async () => {
  const queue = await open()
  for (let i = 1; i <= 40; i++) await queue.standing(`u${i}`)
  assert.equal(await queue.places.leave(queue.event.id, 'u20'), true)
  assert.equal(await queue.places.leave(queue.event.id, 'u20'), false)
  assert.deepEqual(
    [await queue.position('u19'), await queue.position('u21'), await queue.position('u40')],
    [19, 20, 39],
  )
  const status = await queue.manage.view(queue.event.id)
  assert.equal(status?.waiting, 39)
})

test('who leaves and comes back stands at the end, whatever token they kept', { skip }, async () => {
  const queue = await open()
  const first = await queue.standing('ann')
  await queue.standing('bob')
  await queue.places.leave(queue.event.id, 'ann')
  assert.equal((await queue.standing('ann', first)).position, 2)
})

test('a token restores the place that Redis lost, and whoever comes new stands behind', {
  skip,
}, async () => {
  const queue = await open()
  const standings = []
  for (const name of ['ann', 'bob', 'cid']) standings.push(await queue.standing(name))
  await queue.settings.checkpoint(queue.event.id, { seq: 3, served: 0, drawn: false })
  await service.stores.redis.run(async (redis) => {
    const keys = await redis.keys(`*:${queue.event.id}`)
    return redis.del(...keys.filter((key) => !key.startsWith('inv')))
  })
  assert.equal((await queue.joinAs('new')).kind, 'waiting')
  assert.equal((await queue.standing('cid', standings[2])).seq, standings[2]?.seq)
  assert.equal((await queue.standing('ann', standings[0])).position, 1)
  const order = await service.stores.redis.run((redis) => redis.zrange(queueKey(queue.event.id), 0, -1))
  assert.deepEqual(order, ['ann', 'cid', 'new'])
})

test('a full queue says so, and keeps those who are in it', { skip }, async () => {
  const queue = await open()
  await queue.change({ maxSize: 2 })
  await queue.standing('ann')
  await queue.standing('bob')
  assert.equal((await queue.joinAs('cid')).kind, 'full')
  assert.equal((await queue.standing('ann')).position, 1)
})

test('nobody joins a closed queue, an event that is not on sale, or one that is not there', {
  skip,
}, async () => {
  const queue = await open()
  await queue.change({ state: 'closed' })
  assert.equal((await queue.joinAs('ann')).kind, 'not_open')
  const draft = await open({ status: 'draft' })
  assert.equal((await draft.joinAs('ann')).kind, 'not_open')
  const early = await open({ saleOpensAtMs: NOON + 60_000 })
  assert.equal((await early.joinAs('ann')).kind, 'not_open')
  const nothing = await queue.join({
    eventId: '0199c0de-0000-7000-8000-000000000000',
    userId: 'a',
    claim: null,
  })
  assert.equal(nothing.kind, 'event_not_found')
})

test('who stands nowhere is told so', { skip }, async () => {
  const queue = await open()
  assert.deepEqual(await queue.places.position(queue.event.id, 'nobody'), { kind: 'not_in_queue' })
})
