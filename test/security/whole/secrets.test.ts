/**
 * The whole service with a secret in every setting that holds one, through successes, failures and refusals, with tokens of its callers
 * that are as secret: none of them is in anything that it writes, sends or shows.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { parseConfig, settings } from '../../../src/config.ts'
import { waitFor } from '../../../src/devstack/wait.ts'
import { signToken } from '../../../src/http/token.ts'
import { signWebhook } from '../../../src/payments/webhook-signature.ts'
import { runCommand, startService } from '../../faults/process.ts'
import { newEvent, webhook } from '../../http/api.ts'
import { withoutStores } from '../../page/service.ts'
import type { Cleanup } from '../../support/restartable.ts'
import { openDatabase, openKafka, openRedis } from '../../support/stores.ts'

/** Found by nothing that looks for the form of a secret: only who handles it with care keeps it. */
const made: string[] = []
function secret(name: string): string {
  const value = `${name}${randomBytes(24).toString('hex')}`
  made.push(value)
  return value
}

const own = {
  JWT_SECRET: secret('jwt'),
  QUEUE_SECRET: secret('queue'),
  PAYMENT_WEBHOOK_SECRET: secret('webhook'),
  DIAGNOSTICS_TOKEN: secret('diagnostics'),
  DIAGNOSTICS_PROFILE_TOKEN: secret('profiles'),
  DIAGNOSTICS_METRICS_TOKEN: secret('metrics'),
}
const passwords = {
  redis: secret('redis'),
  postgres: secret('postgres'),
  collector: secret('collector'),
  notifications: secret('notifications'),
}
/** Settings by whose name one would look for a secret, and that hold none. */
const plain = [
  'JWT_PUBLIC_KEY',
  'JWT_JWKS_URL',
  'DEMO_TOKENS',
  'PAYMENT_WEBHOOK_URL',
  'PAYMENT_WEBHOOK_TOLERANCE_SECONDS',
  'QUEUE_TOKEN_TTL_SECONDS',
  'RATE_LIMIT_BAD_SIGNATURES_PER_MINUTE',
  'NOTIFICATION_WEBHOOK_TIMEOUT_MS',
  'KAFKA_SASL_MECHANISM',
  'KAFKA_USERNAME',
]
/** Needs a broker that asks for it: test/connections/whole/secure.test.ts looks for it in the same places. */
const ofOthers = ['KAFKA_PASSWORD']
/** Those that hold an address, and one with a password here. */
const addresses = [
  'REDIS_URL',
  'DATABASE_URL',
  'NOTIFICATION_WEBHOOK_URL',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
]

test('every setting that looks like one of a secret is known here', () => {
  const looks = Object.keys(settings.properties).filter((name) =>
    /SECRET|TOKEN|PASSW|KEY|SIGNATURE|WEBHOOK|_URL$|ENDPOINT$|CREDENTIAL|SASL|USERNAME/.test(name),
  )
  const known = [...Object.keys(own), ...addresses, ...plain, ...ofOthers]
  assert.deepEqual(
    looks.filter((name) => !known.includes(name)),
    [],
  )
})

test('no secret is in logs, spans, metrics, diagnostics, answers or errors', {
  skip: withoutStores,
}, async (t) => {
  const [redis, database, kafka] = [await openRedis(t), await openDatabase(t), openKafka(t)]
  execFileSync('redis-cli', ['-p', String(redis.port), 'CONFIG', 'SET', 'requirepass', passwords.redis])
  const collector = await openSink(t)
  const notified = await openSink(t)
  const redisUrl = withPassword(redis.url, passwords.redis)
  const databaseUrl = withPassword(database.url, passwords.postgres)
  const stores = {
    redisUrl,
    databaseUrl,
    kafkaBrokers: kafka.brokers,
    topicPrefix: `${kafka.topic('secrets')}.`,
  }
  const service = await startService(t, 'all', stores, {
    ...own,
    LOG_LEVEL: 'trace',
    REQUEST_LOG: 'true',
    TRACES_SAMPLE_RATIO: '1',
    OTEL_BSP_SCHEDULE_DELAY: '100',
    OTEL_EXPORTER_OTLP_ENDPOINT: withPassword(collector.url, passwords.collector),
    OTEL_EXPORTER_OTLP_HEADERS: `x-api-key=${passwords.collector}`,
    NOTIFICATIONS: 'webhook',
    // What such a receiver asks for is often no more than that its path is known.
    NOTIFICATION_WEBHOOK_URL: `${notified.url}/hooks/${passwords.notifications}`,
  })
  const seen = new Map<string, string>()
  const keep = (where: string, text: string) => seen.set(where, text)

  const tokenOf = (user: string, role: 'customer' | 'organizer' | 'admin', key = own.JWT_SECRET) => {
    const token = signToken({ user, role, secret: key, expiresInSeconds: 600, audience: 'floodgate' })
    made.push(token)
    return token
  }
  const tokens = {
    customer: tokenOf('ann', 'customer'),
    organizer: tokenOf('organizer', 'organizer'),
    forged: tokenOf('ann', 'admin', 'another secret, of whoever made it up'),
  }
  let calls = 0
  /** @param holds what the answer itself is there to give */
  async function call<T>(
    method: string,
    path: string,
    options: { token?: string; body?: object; headers?: Record<string, string>; holds?: boolean } = {},
  ): Promise<T> {
    const { token = tokens.customer, body, headers, holds = false } = options
    const response = await fetch(`${service.api}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const head = JSON.stringify([...response.headers])
    keep(`answer ${calls++} of ${method} ${path.split('?')[0]}`, holds ? head : head + text)
    return JSON.parse(text) as T
  }

  // What succeeds, with a queue pass and a join token on the way.
  const open = { ...newEvent, status: 'on_sale', sale_opens_at: '2026-01-01T00:00:00Z' }
  const sale = { ...open, slug: 'the-sale', queue_required: true, refund_window_hours: 10 }
  const event = await call<{ id: string; shows: { zones: { id: string }[] }[] }>('POST', '/events', {
    token: tokens.organizer,
    body: sale,
  })
  const joined = await call<{ token: string | null }>('POST', '/queue/join', {
    body: { event_id: event.id },
    holds: true,
  })
  if (joined.token) made.push(joined.token)
  const pass = await passOf(() =>
    call<{ queue_pass?: string }>('GET', `/queue/position/${event.id}`, { holds: true }),
  )
  made.push(pass)
  const idempotencyKey = secret('key')
  const booking = await call<{ booking_id: string }>('POST', '/bookings/reserve', {
    body: { event_id: event.id, zone_id: event.shows[0]?.zones[0]?.id, quantity: 2 },
    headers: { 'x-queue-pass': pass, 'idempotency-key': idempotencyKey },
  })
  const { payment_id } = await call<{ payment_id: string }>('POST', '/payments/intents', { body: booking })
  await call('POST', `/bookings/${booking.booking_id}/confirm`, { body: { payment_id } })
  assert.ok(await waitFor(() => notified.requests() > 0, { timeoutMs: 60_000 }), 'nobody was notified')

  // What is refused: tokens that are none, where they do not belong, and signatures.
  await call('GET', '/bookings', { token: tokens.forged })
  await call('GET', '/bookings', { token: pass })
  await call('GET', '/admin/inventory-status')
  await call('GET', `/bookings/${tokens.customer}?access_token=${tokens.customer}`, { token: tokens.forged })
  await call('POST', '/bookings/reserve', { body: { event_id: tokens.customer, queue_pass: pass } })
  await call('POST', '/queue/join', { body: { event_id: event.id, token: pass } })
  const body = JSON.stringify(webhook)
  for (const key of [own.PAYMENT_WEBHOOK_SECRET, 'another secret, of whoever made it up']) {
    const signature = signWebhook(key, Math.floor(Date.now() / 1000), body)
    made.push(signature.slice(signature.indexOf('v1=') + 3))
    await call('POST', '/payments/webhook', {
      body: webhook,
      headers: { 'x-floodgate-signature': signature },
    })
  }

  // What fails: the receiver of notifications, and the store whose address has a password in it is away, and comes back.
  notified.refuse()
  await call('POST', `/bookings/${booking.booking_id}/refund`)
  assert.ok(
    await waitFor(() => notified.requests() > 1, { timeoutMs: 60_000 }),
    'nobody was told of the refund',
  )
  await redis.kill9()
  await call('POST', '/queue/join', { body: { event_id: event.id } })
  await redis.restart()

  // What is shown to whoever has the token, and told to whoever has not.
  const diagnostics = { authorization: `Bearer ${own.DIAGNOSTICS_TOKEN}` }
  for (const headers of [{}, { authorization: `Bearer ${own.DIAGNOSTICS_TOKEN}x` }]) {
    const response = await fetch(`${service.diagnostics}/debug/vars`, { headers })
    assert.equal(response.status, 401)
    keep(`/debug/vars with ${JSON.stringify(Object.keys(headers))}`, await response.text())
  }
  for (const path of shown) {
    const response = await fetch(service.diagnostics + path, { headers: diagnostics })
    assert.equal(response.status, 200, path)
    keep(path, textOf(Buffer.from(await response.arrayBuffer())))
  }
  assert.ok(await waitFor(() => collector.text().includes('redis'), { timeoutMs: 30_000 }), 'no span came')

  await service.end('SIGTERM')
  keep('the log', service.output())
  keep('the spans', collector.text())
  const audit = await runCommand(['audit'], { ...stores, databaseUrl: awayFrom(databaseUrl) })
  assert.notEqual(audit.code, 0)
  keep('a command that failed', audit.stdout + audit.stderr)

  assert.match(service.output(), /unavailable/)
  for (const [where, text] of seen) {
    assert.doesNotMatch(text, /\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]/, `a token is in ${where}`)
    for (const one of made)
      assert.ok(!text.includes(one), `${one.slice(0, 12)}… is in ${where}:\n${around(text, one)}`)
  }
})

test('a wrong setting is named, and what was set is not', () => {
  const value = secret('value')
  for (const name of [...Object.keys(own), ...addresses]) {
    // Too short for a secret, and no address.
    const given = name in own ? value.slice(0, 12) : `//user:${value.slice(0, 12)}@host name`
    const problems = problemsOf({ [name]: given, NODE_ENV: 'production', NOTIFICATIONS: 'webhook' })
    assert.ok(!problems.includes(value.slice(0, 12)), problems)
  }
})

const shown = [
  '/metrics',
  '/health',
  '/debug/vars',
  '/debug/report',
  '/debug/resources',
  '/debug/stacks',
  '/debug/gc',
  '/debug/rules',
  '/debug/artifacts',
  '/debug/flight?seconds=60',
  '/debug/pprof/',
  '/debug/pprof/cmdline',
  '/debug/pprof/goroutine?debug=2',
  '/debug/pprof/profile?seconds=1',
  '/debug/pprof/heap',
  '/debug/pprof/mutex?seconds=1',
  '/debug/pprof/trace?seconds=1',
]

function withPassword(url: string, password: string): string {
  const result = new URL(url)
  if (result.protocol !== 'redis:' && result.username === '') result.username = 'floodgate'
  result.password = password
  return result.href
}

/** Where nobody listens. */
function awayFrom(url: string): string {
  const result = new URL(url)
  result.port = '9'
  return result.href
}

async function passOf(ask: () => Promise<{ queue_pass?: string }>): Promise<string> {
  let pass: string | undefined
  const look = async () => {
    pass = (await ask()).queue_pass
    return pass !== undefined
  }
  assert.ok(await waitFor(look, { timeoutMs: 60_000 }), 'there was no pass')
  return pass ?? ''
}

/** What was compressed is opened: profiles, archives, and the profiles in those. */
function textOf(bytes: Buffer): string {
  const isZipped = (at: number) => bytes[at] === 0x1f && bytes[at + 1] === 0x8b && bytes[at + 2] === 8
  if (isZipped(0)) return textOf(gunzipSync(bytes))
  let text = bytes.toString('latin1')
  for (let at = TAR_BLOCK_BYTES; at < bytes.length; at += TAR_BLOCK_BYTES)
    if (isZipped(at)) text += textOf(gunzipSync(bytes.subarray(at)))
  return text
}

const TAR_BLOCK_BYTES = 512

function problemsOf(environment: Record<string, string>): string {
  try {
    parseConfig(environment)
    return ''
  } catch (error) {
    return String(error)
  }
}

function around(text: string, one: string): string {
  const at = text.indexOf(one)
  return text.slice(Math.max(0, at - 200), at + one.length + 50)
}

/** Keeps whatever is posted. */
async function openSink(t: Cleanup) {
  let text = ''
  let status = 200
  let requests = 0
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      requests++
      text += textOf(body)
      response.writeHead(status).end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(async () => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    text: () => text,
    requests: () => requests,
    /** Answers 500 from now on. */
    refuse() {
      status = 500
    },
  }
}
