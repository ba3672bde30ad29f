import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { createServer, METHODS } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { LOCAL_JWT_SECRET } from '../../../src/config.ts'
import { signToken } from '../../../src/http/token.ts'
import { createEvents, type OnSale } from '../../faults/client.ts'
import { eventsOf, type ServiceProcess, startService } from '../../faults/process.ts'
import { until } from '../../faults/proof.ts'
import type { Cleanup } from '../../support/restartable.ts'
import { openDatabase, openRedis, withoutKafka, withoutPostgres, withoutRedis } from '../../support/stores.ts'

/** Each brings four ids that nobody had before: of a person, of what is asked for, of the request, of a trace. */
const VISITS = 2500
const AT_A_TIME = 40
/** Those that `fetch` sends. */
const methods = METHODS.filter((method) => !['CONNECT', 'TRACE', 'GET', 'HEAD'].includes(method))
/** Eight kinds of visits, one with every method in turn: after them a service has shown all the series that it has. */
const FIRST_VISITS = 8 * methods.length
/** Series of one process, whatever its callers do: half as much again as it has now. */
const MAX_SERIES = 3000
const PROMTOOL = '/usr/bin/promtool'
const withoutPromtool = existsSync(PROMTOOL) || process.env.CI ? false : 'there is no promtool here'

test('10,000 ids of people, bookings, events, requests and traces leave as many series as a few did', {
  skip: withoutRedis || withoutPostgres,
}, async (t) => {
  const [redis, database, receiver] = await Promise.all([openRedis(t), openDatabase(t), openReceiver(t)])
  const stores = { redisUrl: redis.url, databaseUrl: database.url, ...eventsOf(t) }
  const service = await startService(t, 'all', stores, {
    AUDIT_INTERVAL_MS: '500',
    NOTIFICATIONS: 'webhook',
    NOTIFICATION_WEBHOOK_URL: receiver.url,
    CONSUMER_MAX_ATTEMPTS: '1',
    RATE_LIMIT_BAD_SIGNATURES_PER_MINUTE: '0',
  })
  const [sale] = await createEvents(service.api, 1, VISITS)
  assert.ok(sale)
  for (let i = 0; i < FIRST_VISITS; i++) await visit(service, sale, i)
  await until('the auditor has looked', async () => (await page(service)).includes(`zone="${sale.zoneId}"`))
  if (!withoutKafka) await until('buyers are told', () => receiver.told() >= 5)
  const before = seriesOf(await page(service))

  const numbers = Array.from({ length: VISITS }, (_, i) => i + FIRST_VISITS).values()
  const visitor = async () => {
    for (const i of numbers) await visit(service, sale, i)
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, visitor))
  if (!withoutKafka) await until('many buyers were told', () => receiver.told() >= 40)

  const text = await page(service)
  const after = seriesOf(text)
  const isStatement = (name: string) => name.startsWith('pg_query_duration_seconds')
  assert.deepEqual(
    after.filter((name) => !before.includes(name) && !isStatement(name)),
    [],
  )
  // A statement of the background may come for the first time at any moment: each is a name of the code.
  const unknown = after
    .flatMap((name) => /\bquery="(.*?)"/.exec(name)?.[1] ?? [])
    .filter((name) => !statements.has(name))
  assert.deepEqual(new Set(unknown), new Set())
  assert.ok(after.length < MAX_SERIES, `${after.length} series`)
  assert.equal(text.match(/PROPFIND|visitor-|Bearer|Teapot/g), null)
  assert.ok(served(text, '201') >= VISITS / 8, 'they were served')

  await t.test(
    'promtool finds nothing in the page of a service that has worked',
    { skip: withoutPromtool },
    () => {
      assert.equal(execFileSync(PROMTOOL, ['check', 'metrics'], { input: text, encoding: 'utf8' }), '')
    },
  )
})

/** Whatever the code of the books quotes: every name of a statement is among it. And the verbs of those that have none. */
const statements = new Set([
  ...['begin', 'commit', 'rollback', 'savepoint', 'release', 'select', 'other'],
  ...globSync('src/postgres/*.ts', { cwd: new URL('../../..', import.meta.url) }).flatMap((file) =>
    [...readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8').matchAll(/['`](\w+)['`]/g)].map(
      ([, name]) => name as string,
    ),
  ),
])

/** Whoever is told of bookings, and answers each in another way. */
async function openReceiver(t: Cleanup): Promise<{ url: string; told(): number }> {
  let told = 0
  const server = createServer((request, response) => {
    request.resume()
    response.writeHead([200, 204, 418, 400 + (told % 50), 200][told++ % 5] as number, `Teapot ${told}`)
    response.end(randomUUID())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(async () => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/tell`, told: () => told }
}

/** One of eight kinds of requests, each with ids that nobody had before. */
async function visit({ api }: ServiceProcess, { eventId, zoneId }: OnSale, i: number): Promise<void> {
  const token = signToken({
    user: `visitor-${i}`,
    role: 'customer',
    expiresInSeconds: 60,
    secret: LOCAL_JWT_SECRET,
    audience: 'floodgate',
  })
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'idempotency-key': randomUUID(),
    traceparent: `00-${String(i + 1).padStart(32, '0')}-${'b'.repeat(16)}-01`,
  }
  async function ask(
    method: string,
    path: string,
    body?: object,
    more = {},
  ): Promise<Record<string, unknown>> {
    const response = await fetch(`${api}${path}`, {
      method,
      headers: { ...headers, ...more },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return text.startsWith('{') ? JSON.parse(text) : {}
  }
  const v1 = '/api/v1'
  const reserve = (event: string) => ({ event_id: event, zone_id: zoneId, quantity: 1 })
  const kinds = [
    () => ask('POST', `${v1}/bookings/reserve`, reserve(eventId)),
    () => ask('POST', `${v1}/bookings/reserve`, reserve(randomUUID())),
    () => ask('GET', `${v1}/bookings/${randomUUID()}`),
    () => ask(methods[(i >> 3) % methods.length] as string, `/${randomUUID()}/${i}?q=${i}`),
    () => ask('POST', `${v1}/bookings/${randomUUID()}/confirm`, { payment_id: `pay_${randomUUID()}` }),
    () =>
      ask('POST', `${v1}/payments/webhook`, { id: randomUUID() }, { 'x-floodgate-signature': randomUUID() }),
    () => ask('POST', `${v1}/queue/join`, { event_id: randomUUID() }),
    () => ask('GET', `${v1}/events/${randomUUID()}/availability`),
  ]
  const answer = await (kinds[i % kinds.length] as (typeof kinds)[number])()
  // Every fourth of those who reserved pays: the provider, Kafka and the receiver of notices come into play.
  if (i % 32 === 0) await ask('POST', `${v1}/payments/intents`, { booking_id: answer['booking_id'] })
}

async function page({ diagnostics }: ServiceProcess): Promise<string> {
  return (await fetch(`${diagnostics}/metrics`)).text()
}

/** Names with their labels. */
function seriesOf(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.slice(0, line.lastIndexOf(' ')))
}

/** Reservations that were answered so. */
function served(text: string, status: string): number {
  const asked = new RegExp(
    `^http_server_request_duration_seconds_count\\{.*reserve".*status="${status}"\\} (\\d+)$`,
    'm',
  )
  return Number(asked.exec(text)?.[1])
}
