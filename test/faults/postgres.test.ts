import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import type { TestServer } from '../support/restartable.ts'
import { openPostgres, openRedis, withoutPostgres, withoutRedis } from '../support/stores.ts'
import { startBuyers } from './buyers.ts'
import { ask, createEvents, type OnSale } from './client.ts'
import { eventsOf, type ServiceProcess, startService } from './process.ts'
import { assertProven, until } from './proof.ts'

const skip = withoutRedis || withoutPostgres
const postgres = (skip ? null : await openPostgres({ after })) as TestServer

async function openSale(t: Parameters<typeof openRedis>[0], settings: Record<string, string> = {}) {
  const redis = await openRedis(t)
  const stores = { redisUrl: redis.url, databaseUrl: postgres.url, ...eventsOf(t) }
  const service = await startService(t, 'all', stores, { PG_STATEMENT_TIMEOUT_MS: '2000', ...settings })
  return { redis, stores, service, sales: await createEvents(service.api, 3, 5000) }
}

test('PostgreSQL killed while tickets are sold: reservations go on, endings wait, the stream drains once', {
  skip,
}, async (t) => {
  const { stores, service, sales } = await openSale(t)
  const buyers = startBuyers(service.api, sales, { confirmShare: 0.3 })
  await until('the sale is under way', () => buyers.tally.confirmed.size > 100)

  await postgres.kill9()
  const sold = buyers.tally.acknowledged.size
  await until('reservations go on', () => buyers.tally.acknowledged.size > sold + 300)
  await assertOnlyReserveWorks(service, sales)
  const refused = buyers.count('cancel 503 UNAVAILABLE') + buyers.count('intent 503 UNAVAILABLE')
  await until(
    'endings are refused',
    () => buyers.count('cancel 503 UNAVAILABLE') + buyers.count('intent 503 UNAVAILABLE') > refused + 20,
  )
  assert.equal(buyers.count('reserve 503 UNAVAILABLE'), 0)

  await postgres.restart()
  const confirmed = buyers.tally.confirmed.size
  await until('endings work again', () => buyers.tally.confirmed.size > confirmed + 50)
  await assertProven(stores, await buyers.stop())
})

test('PostgreSQL frozen while tickets are sold: reservations go on, the rest is refused until it thaws', {
  skip,
}, async (t) => {
  const { stores, service, sales } = await openSale(t)
  const buyers = startBuyers(service.api, sales, { confirmShare: 0.3 })
  await until('the sale is under way', () => buyers.tally.confirmed.size > 50)

  const thaw = freeze(postgres)
  const sold = buyers.tally.acknowledged.size
  await until('reservations go on', () => buyers.tally.acknowledged.size > sold + 100)
  await assertOnlyReserveWorks(service, sales)
  assert.equal(buyers.count('reserve 503 UNAVAILABLE'), 0)
  thaw()
  const confirmed = buyers.tally.confirmed.size
  await until('endings work again', () => buyers.tally.confirmed.size > confirmed + 50)
  await assertProven(stores, await buyers.stop())
})

test('PostgreSQL away for long: at the limit of the stream reserve is refused, and sells again after the drain', {
  skip,
}, async (t) => {
  const { stores, service, sales } = await openSale(t, { WAL_MAX_ENTRIES: '100' })
  await postgres.kill9()
  const buyers = startBuyers(service.api, sales, { confirmShare: 0, cancelShare: 0 })
  await until('every stream is full', () => buyers.count('reserve 503 OVERLOADED') > 50)
  // Events may share a partition, and so a stream.
  assert.ok(buyers.tally.acknowledged.size <= 300)
  await postgres.restart()
  const sold = buyers.tally.acknowledged.size
  await until('the sale goes on', () => buyers.tally.acknowledged.size > sold + 200)
  await assertProven(stores, await buyers.stop())
})

test('a stream at its limit because no worker runs: only reserve is refused, holds can be paid and given back', {
  skip,
}, async (t) => {
  const redis = await openRedis(t)
  const stores = { redisUrl: redis.url, databaseUrl: postgres.url, ...eventsOf(t) }
  const api = await startService(t, 'api', stores, { WAL_MAX_ENTRIES: '60' })
  const [sale] = (await createEvents(api.api, 1, 5000)) as [OnSale]
  const filling = startBuyers(api.api, [sale], { confirmShare: 0, cancelShare: 0 })
  await until('the stream is full', () => filling.count('reserve 503 OVERLOADED') > 20)
  const tally = await filling.stop()
  assert.equal(tally.acknowledged.size, 60)

  const [toPay, toCancel] = [...tally.acknowledged.values()]
  assert.ok(toPay && toCancel)
  const body = { booking_id: toPay.bookingId }
  const intent = await ask('POST', `${api.api}/api/v1/payments/intents`, { user: toPay.user, body })
  const payment = { payment_id: intent.body.payment_id }
  const url = `${api.api}/api/v1/bookings`
  const confirmed = await ask('POST', `${url}/${toPay.bookingId}/confirm`, {
    user: toPay.user,
    body: payment,
  })
  assert.equal(confirmed.status, 200)
  tally.confirmed.add(toPay.bookingId)
  const cancelled = await ask('POST', `${url}/${toCancel.bookingId}/cancel`, { user: toCancel.user })
  assert.equal(cancelled.status, 200)
  tally.cancelled.add(toCancel.bookingId)

  await startService(t, 'worker', stores)
  const reserve = { event_id: sale.eventId, zone_id: sale.zoneId, quantity: 1 }
  await until('reserve works again', async () => {
    const answer = await ask('POST', `${url}/reserve`, { user: 'late', body: reserve })
    return answer.status === 201
  })
  await assertProven(stores, tally)
})

/** The row of the table: reserve and availability work; own bookings and endings are refused for now. */
async function assertOnlyReserveWorks({ api }: ServiceProcess, sales: readonly OnSale[]): Promise<void> {
  const [sale] = sales as [OnSale]
  const url = `${api}/api/v1`
  const reserve = { event_id: sale.eventId, zone_id: sale.zoneId, quantity: 10 }
  const reserved = await ask('POST', `${url}/bookings/reserve`, { user: 'prober', body: reserve })
  assert.ok(
    reserved.status === 201 || reserved.code === 'MAX_TICKETS_EXCEEDED',
    JSON.stringify(reserved.body),
  )
  const availability = await ask('GET', `${url}/events/${sale.eventId}/availability`)
  assert.equal(availability.status, 200)
  assert.equal(typeof availability.body.zones[0].available, 'number')
  const id = reserved.body.booking_id
  for (const [method, path, body] of [
    ['POST', `/bookings/${id}/confirm`, { payment_id: 'pay_x' }],
    ['POST', `/bookings/${id}/cancel`, undefined],
    ['GET', '/bookings', undefined],
    ['GET', `/bookings/${id}`, undefined],
  ] as const) {
    const answer = await ask(method, url + path, { user: 'prober', ...(body ? { body } : {}) })
    assert.deepEqual([answer.status, answer.code], [503, 'UNAVAILABLE'], `${method} ${path}`)
    assert.ok(Number(answer.retryAfter) >= 1, 'Retry-After says when to come back')
  }
  const ready = await fetch(`${api}/ready`)
  assert.equal(ready.status, 200, 'reservations go on, so traffic is still wanted')
}

/** Stops the server with every session of its own. */
function freeze(server: TestServer): () => void {
  const pid = server.pid()
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)
  server.pause()
  for (const child of children) process.kill(child, 'SIGSTOP')
  return () => {
    for (const child of children) process.kill(child, 'SIGCONT')
    server.resume()
  }
}
