import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { isSameProcess } from '../../src/devstack/identity.ts'
import { waitFor } from '../../src/devstack/wait.ts'
import { membersOf } from '../supervisor/processes.ts'
import { openDatabase, openRedis, withoutPostgres, withoutRedis } from '../support/stores.ts'
import { startBuyers } from './buyers.ts'
import { createEvents } from './client.ts'
import { eventsOf, startService } from './process.ts'
import { assertProven, until } from './proof.ts'

const skip = withoutRedis || withoutPostgres || (process.platform !== 'linux' && 'looks into /proc')
const databaseUrl = skip ? '' : (await openDatabase({ after })).url
const settings = { WEB_CONCURRENCY: '2', PG_POOL_MAX: '8' }
const shares = { buyers: 24, confirmShare: 0.4, cancelShare: 0.3, maxRequests: 50_000 }
/** Every process of three is started, and drained, while the cores are busy. */
const EXCHANGE_TIMEOUT_MS = 120_000

test('a rolling restart under load: no request fails, and then SIGTERM leaves no process', {
  skip,
}, async (t) => {
  const redis = await openRedis(t)
  const stores = { redisUrl: redis.url, databaseUrl, ...eventsOf(t) }
  const service = await startService(t, 'all', stores, settings)
  const sales = await createEvents(service.api, 3, 50_000)
  const buyers = startBuyers(service.api, sales, shares)
  t.after(async () => void (await buyers.stop()))
  await until('the sale is under way', () => buyers.tally.confirmed.size > 50)
  const before = [...membersOf(service.pid(), 'worker'), ...membersOf(service.pid(), 'api')]

  process.kill(service.pid(), 'SIGHUP')
  const isDone = () => /has been replaced|did not get ready/.test(service.output())
  await waitFor(isDone, { timeoutMs: EXCHANGE_TIMEOUT_MS })
  assert.match(service.output(), /every process has been replaced/)
  assert.equal(before.length, 3)
  assert.deepEqual(before.filter(isSameProcess), [])
  const now = [...membersOf(service.pid(), 'worker'), ...membersOf(service.pid(), 'api')]
  assert.equal(now.length, 3)
  const { size } = buyers.tally.confirmed
  await until('the new ones sell', () => buyers.tally.confirmed.size > size + 50)
  const tally = await buyers.stop()
  const failed = [...tally.answers.keys()].filter((answer) => / (5\d\d|none)/.test(answer))
  assert.deepEqual(failed, [], service.output())
  await assertProven(stores, tally)

  assert.equal(await service.end('SIGTERM'), 0)
  assert.deepEqual(now.filter(isSameProcess), [])
  assert.doesNotMatch(service.output(), /did not stop|is killed/)
})

test('an API process killed under load: the other one serves, it is replaced, and every booking is proven', {
  skip,
}, async (t) => {
  const redis = await openRedis(t)
  const stores = { redisUrl: redis.url, databaseUrl, ...eventsOf(t) }
  const service = await startService(t, 'all', stores, settings)
  const sales = await createEvents(service.api, 3, 50_000)
  const buyers = startBuyers(service.api, sales, shares)
  t.after(async () => void (await buyers.stop()))
  for (let kills = 0; kills < 2; kills++) {
    const { size } = buyers.tally.confirmed
    await until('the sale is under way', () => buyers.tally.confirmed.size > size + 50)
    const [killed, other] = membersOf(service.pid(), 'api')
    assert.ok(killed && other)
    process.kill(killed.pid, 'SIGKILL')
    const sold = buyers.tally.confirmed.size
    await until('the other one sells', () => buyers.tally.confirmed.size > sold + 20)
    await until('it is replaced', () => service.output().split('a process is ready').length === kills + 2)
    assert.ok(isSameProcess(other))
  }
  const tally = await buyers.stop()
  const refused = [...tally.answers.keys()].filter((answer) => answer.endsWith('ECONNREFUSED'))
  assert.deepEqual(refused, [], 'there was always a process that listens')
  await assertProven(stores, tally)
})
