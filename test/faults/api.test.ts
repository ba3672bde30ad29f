import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { after, test } from 'node:test'
import { Client } from 'pg'
import { freePort } from '../../src/devstack/port.ts'
import { openDatabase, openRedis, withoutPostgres, withoutRedis } from '../support/stores.ts'
import { startBuyers, type Tally } from './buyers.ts'
import { createEvents } from './client.ts'
import { environment, eventsOf, mainPath, startService } from './process.ts'
import { assertProven, query, until } from './proof.ts'

const skip = withoutRedis || withoutPostgres
const databaseUrl = skip ? '' : (await openDatabase({ after })).url
const BUYERS = 24

test('an API process killed twice in the middle of confirms: every ending is settled all the same', {
  skip,
}, async (t) => {
  const redis = await openRedis(t)
  const stores = { redisUrl: redis.url, databaseUrl, ...eventsOf(t) }
  const api = await startService(t, 'api', stores)
  await startService(t, 'worker', stores)
  const sales = await createEvents(api.api, 3, 5000)
  const options = { buyers: BUYERS, confirmShare: 0.7, cancelShare: 0.3 }
  const buyers = startBuyers(api.api, sales, options)
  for (let kills = 0; kills < 2; kills++) {
    const { size } = buyers.tally.confirmed
    await until('confirms are under way', () => buyers.tally.confirmed.size > size + 50)
    await api.kill9()
    await api.start()
  }
  const tally = await buyers.stop()
  assert.ok(cutOff(tally) > 0, 'it was killed under requests')
  await assertProven(stores, tally)
})

test('SIGTERM under load: requests under way are answered, the process ends with 0, and nothing is done unseen', {
  skip,
}, async (t) => {
  const redis = await openRedis(t)
  const stores = { redisUrl: redis.url, databaseUrl, ...eventsOf(t) }
  const service = await startService(t, 'all', stores)
  const sales = await createEvents(service.api, 3, 5000)
  const buyers = startBuyers(service.api, sales, { buyers: BUYERS, confirmShare: 0.4 })
  await until('the sale is under way', () => buyers.tally.confirmed.size > 50)

  assert.equal(await service.end('SIGTERM'), 0)
  assert.doesNotMatch(service.output(), /did not stop/)
  const tally = await buyers.stop()
  const failed = [...tally.answers.keys()].filter((answer) => / 5\d\d/.test(answer))
  assert.deepEqual(failed, [])
  // A kept connection may be closed just when its client begins to send: once for each, and then nothing was done.
  assert.ok(cutOff(tally) <= BUYERS, JSON.stringify([...tally.answers]))
  tally.openReservations = 0
  await service.start()
  await assertProven(stores, tally)
})

test('a process that starts while another one rebuilds Redis waits until that is done', {
  skip,
}, async (t) => {
  const [redis, database] = await Promise.all([openRedis(t), openDatabase(t)])
  const other = new Client({ connectionString: database.url })
  await other.connect()
  await other.query(HOLD_REBUILD)
  let outcome = ''
  const starting = startService(t, 'api', { redisUrl: redis.url, databaseUrl: database.url }).then(
    () => (outcome = 'started'),
    (error: Error) => (outcome = error.message),
  )
  await untilAskedToRebuild(database.url, () => outcome !== '')
  await other.query('COMMIT')
  await other.end()
  await starting
  assert.equal(outcome, 'started')
})

test('a process that is asked to stop while it starts ends at once, whatever its start still waits for', {
  skip,
}, async (t) => {
  const [redis, database] = await Promise.all([openRedis(t), openDatabase(t)])
  const other = new Client({ connectionString: database.url })
  other.on('error', () => {})
  await other.connect()
  await other.query(HOLD_REBUILD)
  const ports = { PORT: String(await freePort()), DIAGNOSTICS_PORT: String(await freePort()) }
  const env = environment({ redisUrl: redis.url, databaseUrl: database.url }, ports)
  const child = spawn(process.execPath, [mainPath, 'start', 'api'], { env, stdio: 'ignore' })
  t.after(() => child.kill('SIGKILL'))
  await untilAskedToRebuild(database.url, () => child.exitCode !== null)
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  assert.deepEqual(await exit, [0, null])
  await other.end()
})

const HOLD_REBUILD = 'BEGIN; SELECT pg_advisory_xact_lock(7004, 0)'

function untilAskedToRebuild(url: string, isOver: () => boolean): Promise<void> {
  return until('it has asked for the right to rebuild', async () => {
    const sessions = await query(
      url,
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'floodgate-worker'
        AND query = 'COMMIT'`,
    )
    return sessions.length > 0 || isOver()
  })
}

/** Requests that were sent, or begun to be, and got no answer. */
function cutOff({ answers }: Tally): number {
  let sum = 0
  for (const [answer, times] of answers) {
    if (/ none /.test(answer) && !answer.endsWith('ECONNREFUSED')) sum += times
  }
  return sum
}
