/**
 * What is meant for SQL, Lua, Redis's protocol, headers, prototypes, files or another HTTP parser, sent to the API on real stores: it is
 * refused with a code and leaves nothing behind, or it is text and stays the text that it is.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { signToken } from '../../../src/http/token.ts'
import { signWebhook } from '../../../src/payments/webhook-signature.ts'
import { newEvent, webhook } from '../../http/api.ts'
import { exchange, lastAnswer } from '../../http/raw-socket.ts'
import { withoutPostgres, withoutRedis } from '../../support/stores.ts'
import { callers, jwtSecret } from '../callers.ts'
import { openScene, type Scene } from '../scene.ts'

const skip = withoutRedis || withoutPostgres
// One for the file: what one test sends must not hurt the next one either.
const scene = (skip ? null : await openScene({ after })) as Scene
const port = skip ? 0 : Number(new URL(scene.address).port)

interface Answer {
  statusCode: number
  code: string | undefined
  body: string
}

async function ask(
  method: string,
  path: string,
  { authorization = callers.owner, body }: { authorization?: string; body?: string | object } = {},
): Promise<Answer> {
  const response = await fetch(scene.address + path, {
    method,
    headers: { authorization, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  return answerOf(response.status, await response.text())
}

function answerOf(statusCode: number, body: string): Answer {
  const json = body.startsWith('{') ? (JSON.parse(body) as { code?: string }) : {}
  return { statusCode, code: json.code, body }
}

const invalid = { statusCode: 400, code: 'INVALID_REQUEST' }

function assertRefused(answer: Answer, expected: { statusCode: number; code: string }, what: string): void {
  const { statusCode, code } = answer
  assert.deepEqual({ statusCode, code }, expected, `${what}: ${answer.body}`)
}

/** Runs what is to be refused, and compares everything in both stores with what was there before. */
async function changesNothing(work: () => Promise<void>): Promise<void> {
  const earlier = await scene.lookAtAll()
  await work()
  assert.deepEqual(await scene.lookAtAll(), earlier)
}

const reservation = () => ({ event_id: scene.eventId, zone_id: scene.zoneId, quantity: 1 })

const sql = [
  "' OR '1'='1",
  "1'; DROP TABLE bookings; --",
  "x') UNION SELECT id FROM bookings --",
  '$1',
  '\\x00',
  '%',
  '\u02bc OR 1=1 --',
]

test('SQL in ids, cursors and codes is no id, no cursor and no code', { skip }, () =>
  changesNothing(async () => {
    for (const text of sql) {
      const given = encodeURIComponent(text)
      for (const path of [
        `/bookings/${given}`,
        `/bookings?cursor=${given}`,
        `/bookings?event_id=${given}`,
        `/bookings?confirmation_code=${given}`,
        `/bookings?limit=${given}`,
        `/bookings/summary?event_id=${given}`,
        `/events?cursor=${given}`,
        `/events?limit=10%20${given}`,
        `/events/${given}`,
        `/events/${given}/availability`,
        `/payments/${given === '%241' ? '%2A' : given}`,
        `/queue/position/${given}`,
        `/queue/position/${given}/stream`,
        `/queue/status/${given}`,
      ])
        assertRefused(await ask('GET', `/api/v1${path}`), invalid, path)
      for (const [path, body] of [
        ['/bookings/reserve', { ...reservation(), event_id: text }],
        ['/bookings/reserve', { ...reservation(), zone_id: text }],
        ['/bookings/reserve', { ...reservation(), show_id: text }],
        ['/bookings/reserve', { ...reservation(), quantity: text }],
        ['/payments/intents', { booking_id: text }],
        ['/queue/join', { event_id: text }],
      ] as const)
        assertRefused(await ask('POST', `/api/v1${path}`, { body }), invalid, `${path} ${text}`)
    }
  }),
)

test('SQL, Lua and markup in names are text: stored and given back letter for letter', { skip }, async () => {
  const name = `Robert'); DROP TABLE events; -- {p07} \${x} "]]..redis.call('FLUSHALL')--[[ <script>alert(1)</script>`
  const venue = '\u202egnp.exe \u200d \u{1f3ab} e\u0301 ﷽ \ufeff'
  const slug = `names-${Date.now()}`
  const [show] = newEvent.shows
  const body = { ...newEvent, slug, name, description: name, shows: [{ ...show, venue }] }
  const created = await ask('POST', '/api/v1/events', { authorization: callers.organizer, body })
  assert.equal(created.statusCode, 201, created.body)
  const seen = JSON.parse(
    (await ask('GET', `/api/v1/events/${slug}`, { authorization: callers.organizer })).body,
  )
  assert.deepEqual([seen.name, seen.description, seen.shows[0].venue], [name, name, venue])
})

test("a user's id of Redis's and SQL's own letters is one user, and nobody else", { skip }, async () => {
  const users = [
    'x',
    'x:y',
    '{p00}',
    'x}{y',
    "x'; DROP TABLE bookings; --",
    '* [a-z]? \\',
    '$5 *1 FLUSHALL',
    '__proto__',
    'constructor',
    'e\u0301',
    '\u00e9',
    '\u{1f3ab}'.repeat(32),
  ]
  const bookings = new Map<string, string>()
  for (const user of users) {
    const authorization = tokenOf(user)
    const { statusCode, body } = await ask('POST', '/api/v1/bookings/reserve', {
      authorization,
      body: { ...reservation(), idempotency_key: 'the same for all' },
    })
    assert.equal(statusCode, 201, `${user}: ${body}`)
    bookings.set(user, JSON.parse(body).booking_id)
  }
  assert.equal(new Set(bookings.values()).size, users.length)
  await scene.service.persist()
  for (const [user, bookingId] of bookings) {
    const { body } = await ask('GET', '/api/v1/bookings', { authorization: tokenOf(user) })
    const { items } = JSON.parse(body) as { items: { id: string; user_id: string }[] }
    assert.deepEqual(
      items.map(({ id, user_id }) => [id, user_id]),
      [[bookingId, user]],
    )
  }
})

test("a user's id with a line's end, a NUL, or nothing in it is no identity", { skip }, () =>
  changesNothing(async () => {
    for (const user of ['', 'a\nb', 'a\r\nFLUSHALL\r\n', 'a\u0000', '\u0085', 'x'.repeat(129)]) {
      const answer = await ask('POST', '/api/v1/bookings/reserve', {
        authorization: tokenOf(user),
        body: reservation(),
      })
      assertRefused(answer, { statusCode: 401, code: 'UNAUTHORIZED' }, JSON.stringify(user))
    }
  }),
)

const keys = ['', '*1\r\n$8\r\nFLUSHALL\r\n', 'a\u0000b', 'é', 'x'.repeat(256), '\u2028']

test('an idempotency key that is not plain text is refused', { skip }, () =>
  changesNothing(async () => {
    for (const idempotency_key of keys) {
      const body = { ...reservation(), idempotency_key }
      assertRefused(await ask('POST', '/api/v1/bookings/reserve', { body }), invalid, idempotency_key)
    }
  }),
)

const polluted: Record<string, (rest: string) => string> = {
  'a prototype': (rest) => `{"__proto__":{"polluted":true,"role":"admin"},${rest}`,
  'a prototype in escapes': (rest) => `{"\\u005f_proto__":{"polluted":true},${rest}`,
  "a constructor's prototype": (rest) => `{"constructor":{"prototype":{"polluted":true}},${rest}`,
  'a prototype further down': (rest) => `{"more":[{"__proto__":{"polluted":true}}],${rest}`,
}
for (const [what, pollute] of Object.entries(polluted)) {
  test(`a body that reaches for ${what} is refused on every route that reads one`, { skip }, () =>
    changesNothing(async () => {
      const id = scene.eventId
      for (const [method, path, authorization, body] of [
        ['POST', '/bookings/reserve', callers.owner, reservation()],
        ['POST', `/bookings/${id}/confirm`, callers.owner, { payment_id: 'pay_1' }],
        ['POST', '/payments/intents', callers.owner, { booking_id: id }],
        ['POST', '/queue/join', callers.owner, { event_id: id }],
        ['DELETE', '/queue/leave', callers.owner, { event_id: id }],
        ['POST', '/events', callers.organizer, newEvent],
        ['PATCH', `/events/${id}`, callers.organizer, { name: 'x' }],
        ['PUT', `/admin/queues/${id}`, callers.admin, { state: 'paused' }],
        ['POST', '/admin/sync-inventory', callers.admin, { force: true }],
      ] as const) {
        const text = pollute(JSON.stringify(body).slice(1))
        const answer = await ask(method, `/api/v1${path}`, { authorization, body: text })
        assertRefused(answer, invalid, `${method} ${path}`)
      }
      assertRefused(await hooked(pollute(JSON.stringify(webhook).slice(1))), invalid, 'the webhook')
      assert.equal('polluted' in {}, false)
    }),
  )
}

const odd: Record<string, string> = {
  nothing: '',
  null: 'null',
  'a number': '1',
  'a list': '[]',
  'a text': '"text"',
  'no JSON': '{"quantity":',
  'two values': '{}{}',
  'JSON with a comment': '{/**/}',
  'brackets without end': '['.repeat(60_000),
  'objects without end': '{"a":'.repeat(12_000),
  'a byte order mark in the middle': '{"a":\ufeff1}',
  'a NUL': '{"a":"\u0000"}',
}
for (const [what, text] of Object.entries(odd)) {
  test(`a body of ${what} is refused, signed or not`, { skip }, () =>
    changesNothing(async () => {
      assertRefused(await ask('POST', '/api/v1/bookings/reserve', { body: text }), invalid, what)
      assertRefused(await hooked(text), invalid, what)
    }),
  )
}

test('numbers and texts that are none in a field are refused', { skip }, () =>
  changesNothing(async () => {
    const { event_id, zone_id } = reservation()
    const numbers = ['1e400', '-1', '0', '11', '1.5', '"1"', 'true', 'null', '[1]', '{}', '9007199254740993']
    for (const quantity of numbers) {
      const body = `{"event_id":"${event_id}","zone_id":"${zone_id}","quantity":${quantity}}`
      assertRefused(await ask('POST', '/api/v1/bookings/reserve', { body }), invalid, quantity)
    }
    for (const limit of ['１', '٣', '1e1', '0x10', '-1', '0', '101', '1&limit=2', '%00'])
      assertRefused(await ask('GET', `/api/v1/events?limit=${limit}`), invalid, limit)
    for (const name of ['', 'a\u0000b', 'x'.repeat(201), 7, null, {}]) {
      const answer = await ask('PATCH', `/api/v1/events/${scene.eventId}`, {
        authorization: callers.organizer,
        body: { name },
      })
      assertRefused(answer, invalid, JSON.stringify(name))
    }
  }),
)

const files = [
  '/page/../../package.json',
  '/page/..%2f..%2f..%2fpackage.json',
  '/page/%2e%2e/%2e%2e/%2e%2e/package.json',
  '/page/..\\..\\..\\package.json',
  '/page/%252e%252e%252fpackage.json',
  '/page/app.js%00.css',
  '/page//etc/passwd',
  '/docs/static/../../../../package.json',
  '/docs/static/..%2f..%2f..%2f..%2fpackage.json',
  '/docs/static/%2e%2e/%2e%2e/%2e%2e/%2e%2e/package.json',
  '//package.json',
  '/.env',
]
for (const path of files) {
  test(`no file is served at ${path}`, { skip }, async () => {
    const received = await exchange(port, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    const { statusCode } = lastAnswer(received)
    assert.ok([400, 403, 404].includes(statusCode), received)
    assert.doesNotMatch(received, /"name": "floodgate"|root:x:/)
  })
}

test('an address in a header or a path sends nobody elsewhere', { skip }, async () => {
  for (const path of [
    '//evil.example/docs',
    '/docs//evil.example/',
    '/docs%0d%0aX-Injected:%201',
    '/\\evil.example',
  ]) {
    const received = await exchange(
      port,
      `GET ${path} HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\nConnection: close\r\n\r\n`,
    )
    const { head } = lastAnswer(received)
    assert.doesNotMatch(head, /^location:.*evil|^x-injected/im, path)
  }
})

const line = (path = '/api/v1/bookings/reserve') =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: ${callers.owner}\r\nContent-Type: application/json\r\n`
const framed = () => {
  const body = JSON.stringify(reservation())
  return `${line()}Content-Length: ${body.length}\r\n\r\n${body}`
}

/** How another parser in front of this one may be made to see one request where this one sees two, or the other way round. */
const smuggled: Record<string, () => string> = {
  'a length and chunks': () =>
    `${line()}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${framed()}`,
  'chunks and a length': () =>
    `${line()}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n${framed()}`,
  'two lengths': () => `${line()}Content-Length: 2\r\nContent-Length: 0\r\n\r\n{}${framed()}`,
  'two lengths in one': () => `${line()}Content-Length: 2, 0\r\n\r\n{}${framed()}`,
  'a length with a sign': () => `${line()}Content-Length: +2\r\n\r\n{}${framed()}`,
  'a length in sixteens': () => `${line()}Content-Length: 0x2\r\n\r\n{}${framed()}`,
  'a length before its colon': () => `${line()}Content-Length : 2\r\n\r\n{}${framed()}`,
  'chunks before their colon': () => `${line()}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${framed()}`,
  'another coding after chunks': () =>
    `${line()}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${framed()}`,
  'chunks of an unknown kind': () => `${line()}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${framed()}`,
  'a chunk longer than it says': () => `${line()}Transfer-Encoding: chunked\r\n\r\n1\r\n{}${framed()}`,
  'a chunk whose size has a sign': () => `${line()}Transfer-Encoding: chunked\r\n\r\n-1\r\n${framed()}`,
  'a header over two lines': () => `${line()}Content-Length:\r\n 2\r\n\r\n{}${framed()}`,
  'a line that ends with LF alone': () => `${line()}X: y\nContent-Length: 2\r\n\r\n{}${framed()}`,
  'a NUL in a header': () => `${line()}X-Queue-Pass: a\u0000b\r\nContent-Length: 2\r\n\r\n{}${framed()}`,
  'a CR in a header': () => `${line()}Idempotency-Key: a\rb\r\nContent-Length: 2\r\n\r\n{}${framed()}`,
  'an unknown version': () =>
    `${line().replace('HTTP/1.1', 'HTTP/2.0')}Content-Length: 2\r\n\r\n{}${framed()}`,
}
for (const [what, bytes] of Object.entries(smuggled)) {
  test(
    `a request with ${what} is refused, its connection ends, and what is behind it is not carried out`,
    {
      skip,
    },
    () =>
      changesNothing(async () => {
        const { statusCode, body } = lastAnswer(await exchange(port, bytes()))
        assert.deepEqual([statusCode, body['code']], [400, 'INVALID_REQUEST'])
      }),
  )
}

test('a request without a version is answered without its second line being one', { skip }, () =>
  changesNothing(async () => {
    const received = await exchange(port, `POST /api/v1/bookings/reserve\r\n\r\n${framed()}`)
    assert.equal(received.split('HTTP/1.1 ').length - 1, 1)
    assert.equal(lastAnswer(received).statusCode, 401)
  }),
)

test('headers that say something twice or too much change nobody and nothing', { skip }, async () => {
  const body = JSON.stringify(reservation())
  const send = async (headers: string) =>
    lastAnswer(
      await exchange(
        port,
        `POST /api/v1/bookings/reserve HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n${headers}\r\n\r\n${body}`,
      ),
    )
  const owner = `Authorization: ${callers.owner}`
  await changesNothing(async () => {
    const refused: [headers: string, statusCode: number][] = [
      [`Authorization: ${callers.forger}\r\n${owner}`, 401],
      [`Authorization:\r\n${owner}`, 401],
      [`${owner}\r\nIdempotency-Key: a\r\nX-Idempotency-Key: b`, 400],
      [`${owner}\r\nIdempotency-Key: \xe9`, 400],
    ]
    for (const [headers, statusCode] of refused)
      assert.equal((await send(headers)).statusCode, statusCode, headers.slice(0, 200))
  })
  // None of these says anything that counts: they are left aside.
  for (const header of [
    'traceparent: 00-<script>alert(1)</script>-0000000000000001-01',
    `traceparent: 00-${'a'.repeat(32)}-${'b'.repeat(16)}-01\r\ntracestate: ${'x'.repeat(50_000)}`,
    'traceparent: 00-00000000000000000000000000000000-0000000000000000-01',
    'Last-Event-ID: p1.1\u2028',
    'X-HTTP-Method-Override: DELETE',
    'Expect: 100-continue',
    `X-Many: ${'a, '.repeat(20_000)}`,
    // The event lets in without a pass.
    `X-Queue-Pass: ${'x'.repeat(100_000)}`,
  ]) {
    const { statusCode, head } = await send(`${owner}\r\n${header}`)
    assert.equal(statusCode, 201, header.slice(0, 200))
    assert.doesNotMatch(head, /script|xxxx/)
  }
})

function tokenOf(user: string): string {
  return `Bearer ${signToken({ user, role: 'customer', expiresInSeconds: 3600, secret: jwtSecret, audience: 'floodgate' })}`
}

/** As the provider would send it. */
async function hooked(body: string): Promise<Answer> {
  const signature = signWebhook(
    scene.service.config.PAYMENT_WEBHOOK_SECRET,
    Math.floor(Date.now() / 1000),
    body,
  )
  const response = await fetch(`${scene.address}/api/v1/payments/webhook`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-floodgate-signature': signature },
    body,
  })
  return answerOf(response.status, await response.text())
}
