/** docs/operations/upgrade.md: a version with other scripts takes over while seats are sold. */
import assert from 'node:assert/strict'
import { appendFileSync, cpSync, globSync, mkdirSync, symlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { migrate } from '../../../src/postgres/migrate.ts'
import { startBuyers } from '../../faults/buyers.ts'
import { createEvents } from '../../faults/client.ts'
import { type StoreAddresses, startService } from '../../faults/process.ts'
import { assertProven, query, until } from '../../faults/proof.ts'
import { withoutStores } from '../../page/service.ts'
import { uniqueName } from '../../support/restartable.ts'
import { openDatabase, openKafka, openRedis } from '../../support/stores.ts'
import { root } from '../commands.ts'

test('a version with other scripts takes the sale over: old processes refuse, nothing is lost, nothing is oversold', {
  skip: withoutStores,
}, async (t) => {
  const [redis, database, kafka] = [await openRedis(t), await openDatabase(t), openKafka(t)]
  const stores: StoreAddresses = {
    redisUrl: redis.url,
    databaseUrl: database.url,
    kafkaBrokers: kafka.brokers,
    topicPrefix: `${kafka.topic('upgrade')}.`,
  }
  const oldApi = await startService(t, 'api', stores)
  const oldWorker = await startService(t, 'worker', stores)
  const sales = await createEvents(oldApi.api, 4, 2000)
  const before = startBuyers(oldApi.api, sales, { buyers: 4, confirmShare: 0.5 })
  await until('the sale is under way', () => before.tally.acknowledged.size > 5)

  // As the page says: no worker of the old version is left when one of the new version begins.
  assert.equal(await oldWorker.end('SIGTERM'), 0)
  const main = otherVersion()
  await startService(t, 'worker', stores, {}, main)
  await until('the old API has no scripts any more', () => before.count('reserve 503 UNAVAILABLE') > 0)
  const newApi = await startService(t, 'api', stores, {}, main)
  const after = startBuyers(newApi.api, sales, { buyers: 4, confirmShare: 0.5 })
  await until('the new version sells', () => after.tally.acknowledged.size > 5)
  const sold = await before.stop()
  assert.equal(await oldApi.end('SIGTERM'), 0)

  const soldAfter = await after.stop()
  await assertProven(stores, sold)
  await assertProven(stores, soldAfter)
})

test('of processes that start at once on an empty database one applies the migrations, each once', {
  skip: withoutStores,
}, async (t) => {
  const { url } = await openDatabase(t)
  await query(url, 'DROP SCHEMA public CASCADE; CREATE SCHEMA public')
  const access = { url, ca: null }
  const applied = await Promise.all([migrate(access), migrate(access), migrate(access)])
  const files = globSync(join(root, 'migrations/*.sql')).map((path) => basename(path, '.sql'))
  assert.deepEqual(applied.flat().sort(), files.sort())
  assert.equal(applied.filter((names) => names.length > 0).length, 1)
})

/** This version with another text of every script, and so other hashes. @returns its main.ts */
function otherVersion(): string {
  const dir = join(process.env['FLOODGATE_TEST_DIR'] ?? '', uniqueName('version'))
  mkdirSync(dir)
  for (const name of ['src', 'lua', 'migrations', 'package.json'])
    cpSync(join(root, name), join(dir, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'))
  for (const script of globSync(join(dir, 'lua/*.lua'))) appendFileSync(script, '-- another version\n')
  return join(dir, 'src/main.ts')
}
