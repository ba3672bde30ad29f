/** The whole service on stores that want TLS and a password, and what it says when they turn it away. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { after, test } from 'node:test'
import { inspect } from 'node:util'
import { kafkaAccess, postgresAccess } from '../../../src/compose/access.ts'
import { openStores } from '../../../src/compose/stores.ts'
import { parseConfig, settings } from '../../../src/config.ts'
import { waitFor } from '../../../src/devstack/wait.ts'
import { assertReachable } from '../../../src/kafka/reachable.ts'
import { RefusedConnection } from '../../../src/pipeline/refused-connection.ts'
import { readScripts } from '../../../src/redis/scripts.ts'
import { startBuyers } from '../../faults/buyers.ts'
import { createEvents } from '../../faults/client.ts'
import { environment, runCommand, type StoreAddresses, startService } from '../../faults/process.ts'
import { assertProven, query } from '../../faults/proof.ts'
import {
  openDatabase,
  openKafka,
  openRedis,
  withoutKafka,
  withoutPostgres,
  withoutRedis,
} from '../../support/stores.ts'
import { makeAuthority, withoutOpenssl } from '../authority.ts'
import {
  ACL_RULES,
  encoded,
  openSecureKafka,
  openSecurePostgres,
  openSecureRedis,
  PASSWORD,
} from '../servers.ts'

const skip = withoutOpenssl || withoutRedis || withoutPostgres
const authority = makeAuthority('authority')
const stranger = makeAuthority('stranger')
const misnamed = makeAuthority('misnamed', 'DNS:localhost,DNS:elsewhere.example')
/** One broker takes every mechanism. */
const brokers = skip || withoutKafka ? '' : (await openSecureKafka({ after }, authority)).brokers

for (const mechanism of ['plain', 'scram-sha-256', 'scram-sha-512']) {
  const isWhole = mechanism === 'scram-sha-512'
  test(`${isWhole ? 'the whole service sells' : 'Kafka is reached'} over TLS and passwords, by ${mechanism}`, {
    skip: skip || withoutKafka,
  }, async (t) => {
    const kafkaSettings = { ...kafkaLogin(mechanism), KAFKA_BROKERS: brokers }
    await assertReachable(kafkaAccess(parseConfig(kafkaSettings)), 30_000)
    if (!isWhole) return
    const [redis, postgres] = [await openSecureRedis(t, authority), await openSecurePostgres(t, authority)]
    const stores: StoreAddresses = {
      redisUrl: redis.url,
      databaseUrl: `${postgres.url}?sslmode=verify-full`,
      kafkaBrokers: brokers,
      settings: {
        ...kafkaLogin(mechanism),
        REDIS_CA_FILE: authority.ca,
        PG_CA_FILE: authority.ca,
        LOG_LEVEL: 'trace',
      },
    }
    const service = await startService(t, 'all', stores)
    const sales = await createEvents(service.api, 2, 200)
    const buyers = startBuyers(service.api, sales, { maxRequests: 300 })
    assert.ok(
      await waitFor(() => buyers.count('confirm 200') >= 5 && buyers.count('cancel 200') >= 1, {
        timeoutMs: 60_000,
      }),
    )
    const tally = await buyers.stop()
    const access = postgresAccess(parseConfig(environment(stores, {})))
    const isDrained = async () => {
      const [row] = await query<{ n: number }>(access, 'SELECT count(*)::int AS n FROM outbox')
      return row?.n === 0
    }
    assert.ok(await waitFor(isDrained, { timeoutMs: 60_000 }), 'every event was published')
    await assertProven(stores, tally, { kafka: true })
    const ready = await (await fetch(`${service.api}/ready`)).text()
    assert.match(ready, /"kafka":\{"ok":true/)
    const shown: string[] = []
    for (const path of ['/debug/vars', '/debug/report', '/debug/resources', '/metrics'])
      shown.push(await (await fetch(service.diagnostics + path)).text())
    assert.match(shown[0] ?? '', /"KAFKA_PASSWORD":\s*"\[removed\]"/)
    assert.equal(await service.end('SIGTERM'), 0)
    assertNoSecret(service.output() + ready + shown.join())
  })
}

test('a broker that turns us away is named, at the start and by readiness', {
  skip: skip || withoutKafka,
}, async (t) => {
  const reach = (settings: Record<string, string>) =>
    assertReachable(kafkaAccess(parseConfig({ KAFKA_BROKERS: brokers, ...settings })), 20_000)
  const good = kafkaLogin('scram-sha-512')
  await assertRefused(reach({ ...good, KAFKA_CA_FILE: stranger.ca }), 'KAFKA_CERTIFICATE_REFUSED')
  for (const mechanism of ['plain', 'scram-sha-256', 'scram-sha-512']) {
    const settings = { ...kafkaLogin(mechanism), KAFKA_PASSWORD: `${PASSWORD}-wrong` }
    await assertRefused(reach(settings), 'KAFKA_LOGIN_REFUSED')
  }
  const inPlainText = { ...good, KAFKA_TLS: '', KAFKA_CA_FILE: '' }
  await assertRefused(reach(inPlainText), 'KAFKA_HUNG_UP')
  const plain = { ...good, KAFKA_BROKERS: openKafka(t).brokers }
  await assertRefused(reach(plain), 'KAFKA_HUNG_UP')

  const [redis, database] = [await openRedis(t), await openDatabase(t)]
  const stores = { redisUrl: redis.url, databaseUrl: database.url, kafkaBrokers: brokers }
  const wrong = { ...stores, settings: { ...good, KAFKA_PASSWORD: `${PASSWORD}-wrong` } }
  await assertEnds(['start', 'worker'], wrong, 'KAFKA_LOGIN_REFUSED')
})

test('the page about connections gives the user of Redis the rules that are tested', () => {
  const page = readFileSync(resolve(import.meta.dirname, '../../../docs/operations/connections.md'), 'utf8')
  assert.ok(page.includes(`user floodgate on >PASSWORD ${ACL_RULES.join(' ')}\n`))
  const named = page.match(/^(REDIS|PG|KAFKA|DATABASE)_[A-Z_]+(?==)/gm) ?? []
  assert.ok(named.length >= 10)
  for (const name of named) assert.ok(name in settings.properties, name)
})

test('a Redis that turns us away is named', { skip }, async (t) => {
  const { url: databaseUrl } = await openDatabase(t)
  const [redis, elsewhere] = [await openSecureRedis(t, authority), await openSecureRedis(t, misnamed)]
  const limited = await openSecureRedis(t, authority, ['~*', '+@all', '-@scripting', '-@dangerous', '+info'])
  const plain = await openRedis(t)
  const ca = { REDIS_CA_FILE: authority.ca }
  const open = (url: string, settings: Record<string, string>) =>
    openAndClose({ redisUrl: url, databaseUrl, settings })

  await open(redis.url, ca)
  await assertRefused(open(redis.url, { REDIS_CA_FILE: stranger.ca }), 'REDIS_CERTIFICATE_REFUSED')
  await assertRefused(open(redis.url, {}), 'REDIS_CERTIFICATE_REFUSED')
  await assertRefused(open(elsewhere.url, { REDIS_CA_FILE: misnamed.ca }), 'REDIS_CERTIFICATE_REFUSED')
  const wrongPassword = redis.url.replace(encoded, `${encoded}-wrong`)
  await assertRefused(open(wrongPassword, ca), 'REDIS_LOGIN_REFUSED')
  await assertRefused(open(redis.url.replace(/\/\/.*@/, '//'), ca), 'REDIS_LOGIN_REFUSED')
  await assertRefused(open(redis.url.replace('rediss', 'redis'), {}), 'REDIS_HUNG_UP')
  const soon = { ...ca, REDIS_CONNECT_TIMEOUT_MS: '1000', REDIS_CONNECT_RETRIES: '0' }
  await assert.rejects(open(plain.url.replace('redis', 'rediss'), soon), (error: Error) =>
    /ETIMEDOUT; a server that does not speak TLS/.test(String(error.cause)),
  )
  const limitedStores = { redisUrl: limited.url, databaseUrl, settings: ca }
  await assertEnds(['start', 'api'], limitedStores, 'REDIS_NOT_PERMITTED')
  await assertEnds(
    ['start', 'api'],
    { redisUrl: wrongPassword, databaseUrl, settings: ca },
    'REDIS_LOGIN_REFUSED',
  )
})

test('a PostgreSQL that turns us away is named', { skip }, async (t) => {
  const [postgres, redis] = [await openSecurePostgres(t, authority), await openRedis(t)]
  const [elsewhere, plain] = [await openSecurePostgres(t, misnamed), await openDatabase(t)]
  const ca = { PG_CA_FILE: authority.ca }
  const open = (databaseUrl: string, settings: Record<string, string>) =>
    openAndClose({ redisUrl: redis.url, databaseUrl, settings })
  const full = `${postgres.url}?sslmode=verify-full`

  for (const mode of ['verify-full', 'verify-ca']) await open(`${postgres.url}?sslmode=${mode}`, ca)
  await assertRefused(open(full, { PG_CA_FILE: stranger.ca }), 'POSTGRES_CERTIFICATE_REFUSED')
  await assertRefused(open(full, {}), 'POSTGRES_CERTIFICATE_REFUSED')
  const misCa = { PG_CA_FILE: misnamed.ca }
  await open(`${elsewhere.url}?sslmode=verify-ca`, misCa)
  await assertRefused(open(`${elsewhere.url}?sslmode=verify-full`, misCa), 'POSTGRES_CERTIFICATE_REFUSED')
  const url = new URL(full)
  url.password = `${PASSWORD}-wrong`
  await assertRefused(open(url.href, ca), 'POSTGRES_LOGIN_REFUSED')
  url.password = ''
  await assertRefused(open(url.href, ca), 'POSTGRES_LOGIN_REFUSED')
  await assertRefused(open(postgres.url, {}), 'POSTGRES_NEEDS_TLS')
  await assertRefused(open(`${plain.url}?sslmode=verify-full`, ca), 'POSTGRES_NOT_TLS')

  url.password = `${PASSWORD}-wrong`
  for (const args of [['migrate'], ['start', 'api']])
    await assertEnds(
      args,
      { redisUrl: redis.url, databaseUrl: url.href, settings: ca },
      'POSTGRES_LOGIN_REFUSED',
    )
})

function kafkaLogin(mechanism: string): Record<string, string> {
  return {
    KAFKA_TLS: 'true',
    KAFKA_CA_FILE: authority.ca,
    KAFKA_SASL_MECHANISM: mechanism,
    KAFKA_USERNAME: 'floodgate',
    KAFKA_PASSWORD: PASSWORD,
  }
}

async function openAndClose(stores: StoreAddresses): Promise<void> {
  const config = parseConfig(environment(stores, {}))
  const opened = await openStores(config, 'request', readScripts(), () => {}, null)
  await opened.close()
}

async function assertRefused(attempt: Promise<void>, code: string): Promise<void> {
  await assert.rejects(attempt, (error: unknown) => {
    assert.ok(error instanceof RefusedConnection, inspect(error))
    assert.equal(error.code, code)
    assertNoSecret(JSON.stringify(error) + error.stack)
    return true
  })
}

/** A command ends with the code and without the password, in one line. */
async function assertEnds(args: readonly string[], stores: StoreAddresses, code: string): Promise<void> {
  const ended = await runCommand(args, stores)
  assert.equal(ended.code, 1)
  const [line = ''] = ended.stderr.split('\n').filter((one) => one.includes(code))
  assert.match(line, new RegExp(`\\(${code}: .*\\) is unavailable$`), ended.stderr)
  assertNoSecret(ended.stdout + ended.stderr)
}

function assertNoSecret(text: string): void {
  for (const secret of [PASSWORD, encoded]) assert.ok(!text.includes(secret), 'a password was written')
}
