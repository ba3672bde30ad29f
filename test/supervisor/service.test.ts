import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { overBudget } from '../../src/compose/pool-budget.ts'
import { isSameProcess } from '../../src/devstack/identity.ts'
import { startBuyers } from '../faults/buyers.ts'
import { createEvents } from '../faults/client.ts'
import { startService } from '../faults/process.ts'
import { assertProven } from '../faults/proof.ts'
import { openDatabase, openRedis, withoutPostgres, withoutRedis } from '../support/stores.ts'
import { connectionsOf, membersOf } from './processes.ts'
import { until } from './scene.ts'

const skip = withoutRedis || withoutPostgres || (process.platform !== 'linux' && 'looks into /proc')
const two = { WEB_CONCURRENCY: '2', PG_POOL_MAX: '8' }

test('two API processes and one for the background work sell together; when their primary is killed, each stops in order', {
  skip,
}, async (t) => {
  const [redis, database] = await Promise.all([openRedis(t), openDatabase(t)])
  const stores = { redisUrl: redis.url, databaseUrl: database.url }
  const service = await startService(t, 'all', stores, { ...two, PORT: '0' })
  const api = /Try it +(\S+)\/\n/.exec(service.output())?.[1] ?? ''
  const port = Number(new URL(api).port)
  const [apis, workers] = [membersOf(service.pid(), 'api'), membersOf(service.pid(), 'worker')]
  assert.deepEqual([apis.length, workers.length], [2, 1])

  const sockets = await Promise.all(Array.from({ length: 6 }, () => askAndStay(port)))
  for (const { pid } of apis) assert.ok(connectionsOf(pid, port) > 0, `connections of ${pid}`)
  assert.equal(connectionsOf(service.pid(), port), 0)
  for (const socket of sockets) socket.destroy()

  const sales = await createEvents(api, 3, 5000)
  const buyers = startBuyers(api, sales, { confirmShare: 0.5, cancelShare: 0.2 })
  await until('the sale is under way', () => buyers.tally.confirmed.size > 50)
  const tally = await buyers.stop()
  const counted = () => service.metric('booking_reservations_total{outcome="reserved"}')
  await until(
    'the primary shows what both have counted',
    async () => (await counted()) === tally.acknowledged.size,
  )
  await assertProven(stores, tally)

  await service.kill9()
  await until('they are gone', () => ![...apis, ...workers].some(isSameProcess))
  // What they wrote last may be read after their end.
  const said = () => service.output().match(/the supervisor is gone/g)?.length
  await until('each has said that it stops in order', () => said() === 3)
  assert.doesNotMatch(service.output(), /did not stop/)
})

test('a signal to all processes at once, as an init system sends it, ends them in order and starts none again', {
  skip,
}, async (t) => {
  const [redis, database] = await Promise.all([openRedis(t), openDatabase(t)])
  const stores = { redisUrl: redis.url, databaseUrl: database.url }
  const service = await startService(t, 'all', stores, two)
  const members = [...membersOf(service.pid(), 'worker'), ...membersOf(service.pid(), 'api')]
  assert.equal(members.length, 3)
  const ended = service.end('SIGTERM')
  for (const { pid } of members) process.kill(pid, 'SIGTERM')
  assert.equal(await ended, 0)
  assert.doesNotMatch(service.output(), /ended unasked/)
  assert.ok(!members.some(isSameProcess))
})

test('a port that is somebody else’s fails the start, with its name', { skip }, async (t) => {
  const [redis, database] = await Promise.all([openRedis(t), openDatabase(t)])
  const stores = { redisUrl: redis.url, databaseUrl: database.url }
  await assert.rejects(
    startService(t, 'api', stores, { ...two, PORT: String(redis.port) }),
    new RegExp(`the api 1 process cannot start: .*EADDRINUSE.*${redis.port}`, 's'),
  )
})

test('pools that do not fit into PostgreSQL stop the start, with the numbers and what to change', {
  skip,
}, async (t) => {
  const [redis, database] = await Promise.all([openRedis(t), openDatabase(t)])
  const stores = { redisUrl: redis.url, databaseUrl: database.url }
  await assert.rejects(
    startService(t, 'all', stores, { WEB_CONCURRENCY: '16', PG_POOL_MAX: '20' }),
    /352 connections .*WEB_CONCURRENCY=16 × PG_POOL_MAX=20 .*max_connections=300 - 3 reserved - \d+ in use/,
  )
})

test('the pool budget counts every process, one more that replaces another, and what others have', () => {
  const sizes = { WEB_CONCURRENCY: 3, PG_POOL_MAX: 20, PG_WORKER_POOL_MAX: 12 }
  const room = { most: 100, reserved: 3, inUse: 5 }
  assert.equal(overBudget(sizes, 'all', room), null)
  assert.match(overBudget(sizes, 'all', { ...room, inUse: 6 }) ?? '', /may open 92 connections .* it has 91 /)
  assert.match(
    overBudget(sizes, 'api', { ...room, inUse: 18 }) ?? '',
    /may open 80 connections .* it has 79 /,
  )
})

/** Asks once, and keeps the connection. */
async function askAndStay(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.write('GET /health HTTP/1.1\r\nHost: x\r\n\r\n')
  const [answer] = await once(socket, 'data')
  assert.match(String(answer), /200 OK/)
  return socket
}
