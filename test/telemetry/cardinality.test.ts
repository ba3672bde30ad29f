import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { LOCAL_JWT_SECRET } from '../../src/config.ts'
import { signToken } from '../../src/http/token.ts'
import { createEvents, type OnSale } from '../faults/client.ts'
import { eventsOf, type ServiceProcess, startService } from '../faults/process.ts'
import { until } from '../faults/proof.ts'
import { openDatabase, openRedis, withoutPostgres, withoutRedis } from '../support/stores.ts'

/** Each brings four ids that nobody had before: of a person, of what is asked for, of the request, of a trace. */
const REQUESTS = 2500
const AT_A_TIME = 40
const PROMTOOL = '/usr/bin/promtool'

test('10,000 ids of people, bookings, events, requests and traces leave as many series as a few did, and the page is as promtool wants it', {
  skip: withoutRedis || withoutPostgres,
}, async (t) => {
  const [redis, database] = await Promise.all([openRedis(t), openDatabase(t)])
  const stores = { redisUrl: redis.url, databaseUrl: database.url, ...eventsOf(t) }
  const service = await startService(t, 'all', stores, {
    AUDIT_INTERVAL_MS: '500',
    SHED_LOOP_DELAY_MS: '60000',
  })
  const [sale] = await createEvents(service.api, 1, REQUESTS)
  assert.ok(sale)
  for (let i = 0; i < 8; i++) await visit(service, sale, i)
  await until('the auditor has looked', async () => (await page(service)).includes(`zone="${sale.zoneId}"`))
  const before = seriesOf(await page(service))

  const numbers = Array.from({ length: REQUESTS }, (_, i) => i + 8).values()
  const visitor = async () => {
    for (const i of numbers) await visit(service, sale, i)
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, visitor))

  const text = await page(service)
  assert.deepEqual(
    seriesOf(text).filter((name) => !before.includes(name)),
    [],
  )
  const asked = /^http_server_request_duration_seconds_count\{.*status="201"\} (\d+)$/gm
  assert.ok(
    [...text.matchAll(asked)].some(([, count]) => Number(count) >= REQUESTS / 4),
    'they were all served',
  )
  if (existsSync(PROMTOOL) || process.env.CI) {
    assert.equal(execFileSync(PROMTOOL, ['check', 'metrics'], { input: text, encoding: 'utf8' }), '')
  } else t.diagnostic('promtool is not here: the page was not checked by it')
})

/** One of four kinds of requests, each with ids that nobody had before. */
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
  const reserve = (event: string) => ({
    method: 'POST',
    headers,
    body: JSON.stringify({ event_id: event, zone_id: zoneId, quantity: 1 }),
  })
  const requests = [
    () => fetch(`${api}/api/v1/bookings/reserve`, reserve(eventId)),
    () => fetch(`${api}/api/v1/bookings/reserve`, reserve(randomUUID())),
    () => fetch(`${api}/api/v1/bookings/${randomUUID()}`, { headers }),
    () => fetch(`${api}/${randomUUID()}/${i}?q=${i}`, { method: i % 8 < 4 ? 'GET' : 'PROPFIND', headers }),
  ]
  const response = await (requests[i % 4] as () => Promise<Response>)()
  await response.arrayBuffer()
}

async function page({ diagnostics }: ServiceProcess): Promise<string> {
  return (await fetch(`${diagnostics}/metrics`)).text()
}

/** Names with their labels. What background work does by itself meanwhile is not of the visitors. */
function seriesOf(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.slice(0, line.lastIndexOf(' ')))
    .filter((name) => !/^(pg_query|kafka_request)_/.test(name))
}
