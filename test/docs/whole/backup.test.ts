/** docs/operations/backup-and-restore.md, carried out: sell, back up, sell on, destroy, restore, audit. */
import assert from 'node:assert/strict'
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { startBuyers } from '../../faults/buyers.ts'
import { createEvents, type OnSale } from '../../faults/client.ts'
import { runCommand, type ServiceProcess, type StoreAddresses, startService } from '../../faults/process.ts'
import { assertProven, query, until } from '../../faults/proof.ts'
import { withoutStores } from '../../page/service.ts'
import { openKafka, openPostgres, openRedis } from '../../support/stores.ts'
import { commandsOfPages } from '../commands.ts'
import { type Reader, runPage } from '../run-page.ts'
import { entryOf } from '../ways.ts'

const page = commandsOfPages().filter(
  ({ page: name, fenced }) => fenced && name === 'docs/operations/backup-and-restore.md',
)
const commands = (of: RegExp) => page.filter(({ text }) => of.test(text))

test('a sale is backed up, goes on, is destroyed and restored: the books are those of the backup, and it sells', {
  skip: withoutStores,
}, async (t) => {
  const [redis, postgres, kafka] = [await openRedis(t), await openPostgres(t), openKafka(t)]
  const stores: StoreAddresses = {
    redisUrl: redis.url,
    databaseUrl: postgres.url,
    kafkaBrokers: kafka.brokers,
    topicPrefix: `${kafka.topic('backup')}.`,
  }
  const service = await startService(t, 'all', stores)
  const sales = await createEvents(service.api, 4, 500)
  // One folder for all of it: what was backed up is restored from there.
  const reader = { service, stores, dir: 'backup' } satisfies Reader

  const kept = await sell(service, sales, 20)
  await assertProven(stores, kept)
  await runPage(commands(/^pg_dump|^pg_restore --list|^redis-cli (INFO|CONFIG)/), reader)
  const lost = await sell(service, sales, 20)
  await assertProven(stores, lost)
  assert.equal(await service.end('SIGTERM'), 0)

  await query(stores.databaseUrl, 'DROP TABLE bookings, payments, outbox CASCADE')
  const restoring = commands(/^pg_restore --clean|FLUSH|^npm run migrate/)
  assert.deepEqual(
    restoring.map(({ text }) => text.split(' ').slice(0, 2).join(' ')),
    ['pg_restore --clean', 'redis-cli FLUSHALL', 'redis-cli SCRIPT', 'npm run'],
  )
  await runPage(restoring, reader)
  await service.start()

  await assertProven(stores, kept)
  const ofLost = await query<{ n: number }>(
    stores.databaseUrl,
    `SELECT count(*)::int AS n FROM bookings WHERE user_id LIKE '${lost.name}-%'`,
  )
  assert.deepEqual(ofLost, [{ n: 0 }], 'what came after the backup is gone')
  await runPage(commands(/^npm run audit$/), reader)
  const withKafka = await runCommand(['audit', '--kafka', '--json', '--wait-seconds', '20'], stores)
  assert.equal(withKafka.code, 1, 'Kafka still knows what the restored database does not')
  assert.equal(JSON.parse(withKafka.stdout).kafka.equal, false)

  await assertProven(stores, await sell(service, sales, 10))
})

test('an old copy of Redis’s file is a Redis that forgot: it is reconciled before it sells', {
  skip: withoutStores,
}, async (t) => {
  const [redis, postgres] = [await openRedis(t), await openPostgres(t)]
  const stores = { redisUrl: redis.url, databaseUrl: postgres.url }
  const service = await startService(t, 'all', stores)
  const sales = await createEvents(service.api, 4, 500)
  await sell(service, sales, 10)
  const [file, copy] = [join(redis.dir, 'appendonlydir'), join(redis.dir, 'copy')]
  await redis.stop()
  cpSync(file, copy, { recursive: true })
  await redis.restart()
  await ready(service)
  const later = await sell(service, sales, 20)
  await assertProven(stores, later)

  await redis.stop()
  rmSync(file, { recursive: true })
  cpSync(copy, file, { recursive: true })
  await redis.restart()
  await ready(service)
  await assertProven(stores, later)
  await assertProven(stores, await sell(service, sales, 10))
})

test('every command of the page is one that this test runs', () => {
  assert.ok(page.every(({ text }) => entryOf(text)?.way.kind === 'run'))
})

const ready = (service: ServiceProcess) =>
  until('it is ready', async () => (await fetch(`${service.api}/ready`)).status === 200)

async function sell(service: ServiceProcess, sales: readonly OnSale[], reservations: number) {
  const buyers = startBuyers(service.api, sales, { buyers: 4, confirmShare: 0.5 })
  await until('seats are sold', () => buyers.tally.acknowledged.size >= reservations)
  return buyers.stop()
}
