import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { composeApi } from '../../src/compose/api.ts'
import { signToken } from '../../src/http/token.ts'
import { queueMetaKey } from '../../src/redis/keys.ts'
import { untraced } from '../../src/telemetry/tracing/tracing.ts'
import { openService } from '../support/service.ts'
import { withoutPostgres, withoutRedis } from '../support/stores.ts'
import { openQueue } from './room.ts'
import { openStream } from './stream-client.ts'

const skip = withoutRedis || withoutPostgres
const service = skip
  ? (null as never)
  : await openService({ after }, { env: { QUEUE_STREAM_TICK_MS: '100', RATE_LIMIT_RESERVE_PER_SECOND: '0' } })
const base = skip ? '' : await service.api()

function headersOf(user: string, more: Record<string, string> = {}) {
  const { JWT_SECRET: secret, JWT_AUDIENCE: audience } = service.config
  const token = signToken({ user, role: 'customer', expiresInSeconds: 600, secret, audience })
  return { authorization: `Bearer ${token}`, ...more }
}

async function open(people: string[]) {
  const { event, zoneIds } = await service.event([100], { queueRequired: true })
  await service.setClock(null)
  const queue = openQueue(service, event.id)
  await queue.change({ state: 'paused' })
  for (const name of people) await queue.joinAs(name)
  const url = `${base}/api/v1/queue/position/${event.id}/stream`
  return {
    ...queue,
    event,
    zoneId: zoneIds[0] as string,
    stream: (user: string, more: Record<string, string> = {}) => openStream(url, headersOf(user, more)),
    /** Lets in until somebody has a pass. */
    async letIn(user: string) {
      await queue.change({ state: 'open', releaseRatePerSecond: 100_000 })
      while ((await queue.places.position(event.id, user)).kind !== 'ready') await queue.release()
    },
  }
}

test('a stream tells the position, then each one that follows, then the pass that lets one in', {
  skip,
}, async () => {
  const queue = await open(['ann', 'bob', 'cid'])
  const stream = await queue.stream('cid')
  assert.equal(stream.response.headers['content-type'], 'text/event-stream; charset=utf-8')
  await stream.until(({ event, data }) => event === 'position' && data.position === 3)
  await queue.places.leave(queue.event.id, 'ann')
  await stream.until(({ data }) => data.position === 2)
  await queue.letIn('cid')
  const { data } = await stream.until(({ event }) => event === 'ready')
  stream.close()
  const reserved = await fetch(`${base}/api/v1/bookings/reserve`, {
    method: 'POST',
    headers: headersOf('cid', { 'content-type': 'application/json' }),
    body: JSON.stringify({
      event_id: queue.event.id,
      zone_id: queue.zoneId,
      quantity: 1,
      queue_pass: data.queue_pass,
    }),
  })
  assert.equal(reserved.status, 201)
})

test('who is not in the queue gets 404 and no stream; a fifth stream of one person is refused', {
  skip,
}, async () => {
  const queue = await open(['ann'])
  const none = await queue.stream('nobody')
  assert.equal(none.response.statusCode, 404)
  none.close()
  const streams = await Promise.all(Array.from({ length: 4 }, () => queue.stream('ann')))
  const fifth = await queue.stream('ann')
  assert.equal(fifth.response.statusCode, 429)
  for (const stream of [...streams, fifth]) stream.close()
})

test('Last-Event-ID resumes: what was seen is not told again, what has changed is', { skip }, async () => {
  const queue = await open(['ann', 'bob'])
  const first = await queue.stream('bob')
  const { id } = await first.until(({ event }) => event === 'position')
  first.close()
  const same = await queue.stream('bob', { 'last-event-id': id ?? '' })
  await queue.places.leave(queue.event.id, 'ann')
  await same.until(({ data }) => data.position === 1)
  assert.deepEqual(
    same.events.map(({ data }) => data.position),
    [1],
  )
  same.close()
})

test('a pass that was given out while nobody listened is told at once to whoever comes back', {
  skip,
}, async () => {
  const queue = await open(['ann'])
  await queue.letIn('ann')
  for (let i = 0; i < 2; i++) {
    const stream = await queue.stream('ann')
    const { data } = await stream.until(({ event }) => event === 'ready')
    assert.equal(typeof data.queue_pass, 'string')
    stream.close()
  }
})

test('five hundred listeners are told in the order in which they joined', { skip }, async () => {
  const names = Array.from({ length: 500 }, (_, i) => `listener-${i}`)
  const queue = await open(names)
  const told: string[] = []
  const streams = await Promise.all(
    names.map(async (name) => {
      const stream = await queue.stream(name)
      const ready = stream.until(({ event }) => event === 'ready').then(() => told.push(name))
      return { stream, ready }
    }),
  )
  await queue.letIn(names.at(-1) as string)
  await Promise.all(streams.map(({ ready }) => ready))
  assert.deepEqual(told, names)
  for (const { stream } of streams) stream.close()
})

test('one read a tick serves any number of listeners', { skip }, async () => {
  const names = Array.from({ length: 120 }, (_, i) => `reader-${i}`)
  const queue = await open(names)
  const streams = await Promise.all(names.map((name) => queue.stream(name)))
  await Promise.all(streams.map((stream) => stream.until(({ event }) => event === 'position')))
  const calls = async () => {
    const info = await service.stores.redis.run((redis) => redis.info('commandstats'))
    return Number(/cmdstat_evalsha:calls=(\d+)/.exec(info)?.[1] ?? 0)
  }
  const ticks = async () => {
    const { values } = await service.metrics.queueTickDuration.get()
    return values.find(({ metricName }) => metricName?.endsWith('_count'))?.value ?? 0
  }
  const [callsBefore, ticksBefore] = [await calls(), await ticks()]
  while ((await ticks()) < ticksBefore + 5) await new Promise((resolve) => setTimeout(resolve, 20))
  const perTick = ((await calls()) - callsBefore) / ((await ticks()) - ticksBefore)
  assert.ok(perTick <= 2, `${perTick} scripts a tick`)
  for (const stream of streams) stream.close()
})

test('who leaves elsewhere, or whose event stops selling, is told that the stream is over', {
  skip,
}, async () => {
  const queue = await open(['ann', 'bob'])
  const [ann, bob] = await Promise.all([queue.stream('ann'), queue.stream('bob')])
  await queue.places.leave(queue.event.id, 'ann')
  const left = await ann.until(({ event }) => event === 'closed')
  assert.deepEqual(left.data, { reason: 'not_in_queue', reconnect: false })
  await ann.ended
  const cancelled = await service.core.catalogueStore.cancel(queue.event.id)
  if (cancelled) await service.core.inventory.publishSale(cancelled)
  assert.equal((await bob.until(({ event }) => event === 'closed')).data.reason, 'sale_over')
})

test('when Redis has lost the queue, listeners are asked to come back with their tokens', {
  skip,
}, async () => {
  const queue = await open(['ann'])
  const stream = await queue.stream('ann')
  await stream.until(({ event }) => event === 'position')
  await service.stores.redis.run((redis) => redis.del(queueMetaKey(queue.event.id)))
  const { data } = await stream.until(({ event }) => event === 'closed')
  assert.deepEqual(data, { reason: 'lost', reconnect: true })
})

test('a shutdown tells each listener another time to come back', { skip }, async () => {
  const names = Array.from({ length: 20 }, (_, i) => `guest-${i}`)
  const queue = await open(names)
  const { pino } = await import('pino')
  const log = pino({ level: 'silent' })
  const second = composeApi(service.config, service.stores, service.core, service.metrics, untraced, log)
  await second.start()
  const streams = await Promise.all(
    names.map((name) =>
      openStream(`${second.address()}/api/v1/queue/position/${queue.event.id}/stream`, headersOf(name)),
    ),
  )
  await Promise.all(streams.map((stream) => stream.until(({ event }) => event === 'position')))
  await second.stop()
  await Promise.all(streams.map(({ ended }) => ended))
  const retries = streams.map((stream) => Number(/^retry: (\d+)$/m.exec(stream.text())?.[1]))
  assert.ok(retries.every((retry) => retry >= 1000 && retry <= 6000))
  assert.ok(new Set(retries).size > 10)
  assert.ok(streams.every((stream) => stream.events.at(-1)?.data.reason === 'shutdown'))
})
