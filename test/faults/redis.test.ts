import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Redis } from 'ioredis'
import { openDatabase, openRedis, type TestRedis, withoutPostgres, withoutRedis } from '../support/stores.ts'
import { type Bought, startBuyers } from './buyers.ts'
import { type Answer, ask, createEvents, type OnSale } from './client.ts'
import { eventsOf, startService } from './process.ts'
import { assertProven, until } from './proof.ts'

const skip = withoutRedis || withoutPostgres
const databaseUrl = skip ? '' : (await openDatabase({ after })).url

/** What appendfsync everysec may leave unwritten: a write waits for a slow fsync for two seconds at most. */
const FORGOTTEN_MS = 2000

test('Redis killed twice while tickets are sold: nothing is sold until it is reconciled, nothing confirmed is lost', {
  skip,
}, async (t) => {
  const redis = await openRedis(t)
  const stores = { redisUrl: redis.url, databaseUrl, ...eventsOf(t) }
  const api = await startService(t, 'api', stores)
  await startService(t, 'worker', stores)
  const sales = await createEvents(api.api, 4, 5000)
  const buyers = startBuyers(api.api, sales, { confirmShare: 0.3 })
  const outages: [fromMs: number, toMs: number][] = []
  for (const round of [1, 2]) {
    const { size } = buyers.tally.confirmed
    await until('the sale is under way', () => buyers.tally.confirmed.size > size + 60)
    const killedMs = performance.now()
    await redis.kill9()
    outages.push([killedMs - FORGOTTEN_MS, performance.now() + 500])
    const refused = buyers.count('reserve 503 UNAVAILABLE')
    await until('reserve is refused', () => buyers.count('reserve 503 UNAVAILABLE') > refused + 50)
    const [bought] = buyers.tally.acknowledged.values()
    assert.equal((await ask('GET', `${api.api}/api/v1/bookings`, { user: bought?.user ?? '' })).status, 200)
    assert.equal((await fetch(`${api.api}/ready`)).status, 503)
    await redis.restart()
    await until(
      `ready again after outage ${round}`,
      async () => (await fetch(`${api.api}/ready`)).status === 200,
    )
  }
  const { size } = buyers.tally.confirmed
  await until('the sale goes on', () => buyers.tally.confirmed.size > size + 60)
  const tally = await buyers.stop()
  assert.ok(!tally.answers.has('reserve 409 INSUFFICIENT_SEATS'))
  const mayForget = (id: string) => {
    const { atMs } = tally.acknowledged.get(id) as Bought
    return outages.some(([fromMs, toMs]) => fromMs <= atMs && atMs <= toMs)
  }
  await assertProven(stores, tally, { mayForget })
})

test('Redis frozen: everything that needs it is refused without piling up behind it, and it sells again after', {
  skip,
}, async (t) => {
  const redis = await openRedis(t)
  const stores = { redisUrl: redis.url, databaseUrl, ...eventsOf(t) }
  const limits = { REDIS_COMMAND_TIMEOUT_MS: '100', REDIS_MAX_IN_FLIGHT: '40' }
  const api = await startService(t, 'api', stores, limits)
  const [sale] = (await createEvents(api.api, 1, 5000)) as [OnSale]
  const first = startBuyers(api.api, [sale], { buyers: 4, confirmShare: 0, cancelShare: 0, maxRequests: 40 })
  await until('a few are sold', () => first.tally.acknowledged.size > 10)
  await first.stop()
  const sent = await scriptCalls(redis)

  redis.pause()
  const url = `${api.api}/api/v1`
  const body = { event_id: sale.eventId, zone_id: sale.zoneId, quantity: 1 }
  const [bought] = first.tally.acknowledged.values()
  assert.ok(bought)
  const refusals: Answer[] = []
  let mostInFlight = 0
  for (let wave = 0; wave < 4; wave++) {
    const requests = Array.from({ length: 250 }, (_, i) =>
      ask('POST', `${url}/bookings/reserve`, { user: `ice-${wave}-${i}`, body }),
    )
    mostInFlight = Math.max(mostInFlight, await api.metric('redis_commands_in_flight'))
    refusals.push(...(await Promise.all(requests)))
  }
  const payment = { payment_id: 'pay_x' }
  const { bookingId, user } = bought
  refusals.push(await ask('POST', `${url}/bookings/${bookingId}/confirm`, { user, body: payment }))
  refusals.push(await ask('POST', `${url}/bookings/${bookingId}/cancel`, { user }))
  assert.equal((await ask('GET', `${url}/bookings`, { user })).status, 200)
  redis.resume()

  for (const { status, code, retryAfter } of refusals) {
    assert.deepEqual([status, code], [503, 'UNAVAILABLE'])
    assert.ok(Number(retryAfter) >= 1)
  }
  assert.ok(mostInFlight <= 40, `${mostInFlight} commands under way`)
  // Of a thousand, the first forty were sent, and then one at a time to see whether Redis is back.
  const reached = (await scriptCalls(redis)) - sent
  assert.ok(reached < 200, `${reached} scripts reached a Redis that did not answer`)

  const again = startBuyers(api.api, [sale], { buyers: 4, cancelShare: 0.2, confirmShare: 0.2 })
  await until('it sells again', () => again.tally.acknowledged.size > 50)
  await Promise.all([again.stop(), startService(t, 'worker', stores)])
  await assertProven(stores, again.tally)
})

async function scriptCalls({ port }: TestRedis): Promise<number> {
  const redis = new Redis(port)
  try {
    const stats = await redis.info('commandstats')
    return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1] ?? 0)
  } finally {
    redis.disconnect()
  }
}
