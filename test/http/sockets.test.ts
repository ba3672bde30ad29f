import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { Unavailable } from '../../src/pipeline/unavailable.ts'
import { booking, openApi, reservation, tokenOf } from './api.ts'
import { exchange, lastAnswer, listen } from './raw-socket.ts'
import { steeredLoad } from './steered-load.ts'

const impatient = { headersTimeoutMs: 50, requestTimeoutMs: 100, connectionsCheckMs: 10 }
const authorization = `Authorization: Bearer ${tokenOf('owner', 'customer')}\r\n`
const body = JSON.stringify(reservation)
const head = `POST /api/v1/bookings/reserve HTTP/1.1\r\nHost: x\r\n${authorization}Content-Type: application/json\r\n`
const request = `${head}Content-Length: ${body.length}\r\n\r\n${body}`

const malformed: Record<string, [bytes: string, status: number]> = {
  'a line that is no request': ['GET\r\n\r\n', 400],
  'a header without a name': ['GET /health HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n', 400],
  'two content lengths': [`${head}Content-Length: 1\r\nContent-Length: 2\r\n\r\nx`, 400],
  'a content length and chunks': [
    `${head}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
  ],
  'a chunk of no size': [`${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, 400],
  'a TLS hello': ['\x16\x03\x01\x02\x00\x01\x00', 400],
  'headers that stop': ['GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: ', 408],
  'a body that stops': [`${head}Content-Length: 500\r\n\r\n{"event_id":`, 408],
  'headers of over a megabyte': [
    `GET /health HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(1_100_000)}\r\n\r\n`,
    431,
  ],
}
for (const [what, [bytes, status]] of Object.entries(malformed)) {
  test(`${what} is answered ${status} in the shape of every error, and the connection ends`, async (t) => {
    const port = await listen(openApi(t, { limits: impatient }))
    const answer = lastAnswer(await exchange(port, bytes))
    assert.equal(answer.statusCode, status)
    assert.equal(answer.body.statusCode, status)
    assert.equal(typeof answer.body.code, 'string')
  })
}

test('a body announced as too large is refused before it is sent', async (t) => {
  const port = await listen(openApi(t, { limits: impatient }))
  const answer = lastAnswer(await exchange(port, `${head}Content-Length: 10000000\r\n\r\n{`))
  assert.equal(answer.statusCode, 413)
  assert.equal(answer.body.code, 'PAYLOAD_TOO_LARGE')
})

test('a client that only half-closes still gets its answer', async (t) => {
  const port = await listen(openApi(t))
  const received = await exchange(port, request.replace('Host', 'Connection: close\r\nHost'), (socket) =>
    socket.end(),
  )
  assert.equal(lastAnswer(received).statusCode, 201)
})

test('a client that leaves in the middle of a body hurts nobody', async (t) => {
  const api = openApi(t)
  const port = await listen(api)
  const socket = connect(port, '127.0.0.1')
  socket.write(`${head}Content-Length: 500\r\n\r\n{"event_id":`)
  await once(api.server, 'request')
  socket.destroy()
  await once(socket, 'close')
  assert.equal((await api.inject('/health')).statusCode, 200)
})

test('connections above the limit are not taken', async (t) => {
  const port = await listen(openApi(t, { limits: { maxConnections: 1 } }))
  const first = connect(port, '127.0.0.1')
  t.after(() => first.destroy())
  first.write('GET /health HTTP/1.1\r\nHost: x\r\n\r\n')
  await once(first, 'data')
  assert.equal(await exchange(port, 'GET /health HTTP/1.1\r\nHost: x\r\n\r\n'), '')
})

test('a connection that sends nothing is told so and closed', async (t) => {
  const port = await listen(openApi(t, { limits: impatient }))
  const answer = lastAnswer(await exchange(port, ''))
  assert.deepEqual([answer.statusCode, answer.body.code], [408, 'REQUEST_TIMEOUT'])
})

test('a kept connection without another request is closed', async (t) => {
  const port = await listen(openApi(t, { limits: { keepAliveTimeoutMs: 1 } }))
  assert.equal(lastAnswer(await exchange(port, 'GET /health HTTP/1.1\r\nHost: x\r\n\r\n')).statusCode, 200)
})

const halfClosed: Record<string, [bytes: string, status: number | null]> = {
  nothing: ['', null],
  'half a header': ['GET /health HTTP/1.1\r\nHo', 400],
  'half a body': [`${head}Content-Length: 500\r\n\r\n{"event_id":`, 400],
}
for (const [what, [bytes, status]] of Object.entries(halfClosed)) {
  test(`a client that sends ${what} and closes its side is let go at once`, async (t) => {
    const api = openApi(t)
    const port = await listen(api)
    const received = await exchange(port, bytes, (socket) => socket.end())
    if (status === null) assert.equal(received, '')
    else assert.equal(lastAnswer(received).statusCode, status)
  })
}

test('a client that asks and does not take its answers is let go, and nothing is kept for it', async (t) => {
  const { load } = steeredLoad()
  const large = 'x'.repeat(64 * 1024)
  const api = openApi(t, {
    load,
    limits: { stalledTimeoutMs: 50 },
    readiness: async () => ({ redis: { ok: true, state: large, required: true } }),
  })
  const port = await listen(api)
  const socket = connect(port, '127.0.0.1').pause()
  socket.on('error', () => {})
  t.after(() => socket.destroy())
  const [connection] = (await Promise.all([once(api.server, 'connection'), once(socket, 'connect')]))[0]
  socket.write('GET /ready HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(1000))
  await once(connection, 'close')
  assert.equal(load.inFlight(), 0)
})

const tooLong: Record<string, [target: string, status: number]> = {
  'a path of 200 KB': [`/${'x'.repeat(200_000)}`, 404],
  'an id of 10 KB': [`/api/v1/events/${'x'.repeat(10_000)}`, 400],
  'a query of 200 KB': [`/api/v1/events?cursor=${'x'.repeat(200_000)}`, 400],
  'a path of over a megabyte': [`/${'x'.repeat(1_100_000)}`, 431],
}
for (const [what, [target, status]] of Object.entries(tooLong)) {
  test(`${what} is answered ${status}`, async (t) => {
    const port = await listen(openApi(t))
    const received = await exchange(port, `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    assert.equal(lastAnswer(received).statusCode, status)
  })
}

test('a body in chunks ends where the limit is, however long it goes on', async (t) => {
  const port = await listen(openApi(t))
  const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`
  const received = await exchange(port, `${head}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(8)}`)
  assert.equal(lastAnswer(received).statusCode, 413)
})

test('two hundred slow clients do not keep the others waiting', async (t) => {
  const port = await listen(openApi(t))
  const slow = Array.from({ length: 200 }, (_, i) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write(i % 2 ? 'GET /health HTTP/1.1\r\nX-Slow: ' : `${head}Content-Length: 500\r\n\r\n{`)
    return socket
  })
  const received = await exchange(port, request.replace('Host', 'Connection: close\r\nHost'))
  assert.equal(lastAnswer(received).statusCode, 201)
  for (const socket of slow) socket.destroy()
})

test('when a connection above the limit goes, the next is taken', async (t) => {
  const api = openApi(t, { limits: { maxConnections: 1 } })
  const port = await listen(api)
  const first = connect(port, '127.0.0.1')
  await once(api.server, 'connection')
  assert.equal(await exchange(port, 'GET /health HTTP/1.1\r\nHost: x\r\n\r\n'), '')
  first.end()
  await once(first, 'close')
  const received = await exchange(port, 'GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  assert.equal(lastAnswer(received).statusCode, 200)
})

test('a draining server is not ready, answers what it is sent, and keeps no connection', async (t) => {
  let draining = false
  const port = await listen(openApi(t, { isDraining: () => draining }))
  const ready = `GET /ready HTTP/1.1\r\nHost: x\r\n\r\n`
  const socket = connect(port, '127.0.0.1').setEncoding('latin1')
  socket.write(ready)
  const [before] = await once(socket, 'data')
  assert.equal(lastAnswer(before).statusCode, 200)
  draining = true
  let after = ''
  socket.on('data', (chunk) => {
    after += chunk
  })
  socket.write(request)
  await once(socket, 'close')
  assert.equal(lastAnswer(after).statusCode, 201)
  assert.match(lastAnswer(after).head, /connection: close/i)
  const answer = lastAnswer(await exchange(port, ready))
  assert.equal(answer.statusCode, 503)
  assert.equal(answer.body.status, 'draining')
})

test('closing waits for the answer that is being made', async (t) => {
  const entered = Promise.withResolvers<void>()
  const mayGoOn = Promise.withResolvers<void>()
  const api = openApi(t, {
    reserve: async () => {
      entered.resolve()
      await mayGoOn.promise
      return { kind: 'reserved', hold: booking, remaining: 1, replayed: false }
    },
  })
  const received = exchange(await listen(api), request)
  await entered.promise
  const closed = api.close()
  mayGoOn.resolve()
  assert.equal(lastAnswer(await received).statusCode, 201)
  await closed
})

test('closing does not wait for whoever never finishes a request', async (t) => {
  const api = openApi(t, {
    limits: { requestTimeoutMs: 10, handlerTimeoutMs: 10, connectionsCheckMs: 60_000 },
  })
  const port = await listen(api)
  const received = exchange(port, `${head}Content-Length: 500\r\n\r\n{"event_id":`)
  await once(api.server, 'request')
  await api.close()
  await received
})

test('a required dependency that is away makes the server not ready, and is named', async (t) => {
  const readiness = async () => ({
    redis: { ok: false, state: 'away', required: true },
    postgres: { ok: true, state: 'up', required: false },
  })
  const response = await openApi(t, { readiness }).inject('/ready')
  assert.equal(response.statusCode, 503)
  assert.deepEqual(response.json(), { status: 'not_ready', dependencies: await readiness() })
})

test('a dependency that reservations can do without is named, and the server stays ready', async (t) => {
  const readiness = async () => ({
    redis: { ok: true, state: 'up', required: true },
    postgres: { ok: false, state: 'away', required: false },
  })
  const response = await openApi(t, { readiness }).inject('/ready')
  assert.equal(response.statusCode, 200)
  assert.deepEqual(response.json(), { status: 'ready', dependencies: await readiness() })
})

test('of thousands of failed requests a second a few are logged, with their trace id', async (t) => {
  const lines: { trace_id?: string }[] = []
  const reserve = async () => {
    throw new Unavailable('redis')
  }
  const api = openApi(t, { reserve })
  const log = { ...(api.log as object), warn: (line: object) => lines.push(line), error: () => {} }
  const logged = openApi(t, { reserve, log: log as unknown as typeof api.log })
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  const headers = { authorization: `Bearer ${tokenOf('owner', 'customer')}`, traceparent }
  const once = () =>
    logged.inject({ method: 'POST', url: '/api/v1/bookings/reserve', headers, payload: reservation })
  await Promise.all(Array.from({ length: 500 }, once))
  assert.ok(lines.length > 0 && lines.length < 250, `${lines.length} lines`)
  assert.equal(lines[0]?.trace_id, '4bf92f3577b34da6a3ce929d0e0e4736')
})

test('a connection that was made in advance and never used does not hold a shutdown', async (t) => {
  const api = openApi(t, { limits: { requestTimeoutMs: 600_000, handlerTimeoutMs: 600_000 } })
  const port = await listen(api)
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  await api.inject({ url: '/health' })
  await api.close()
  assert.ok(socket.destroyed || (await once(socket, 'close')))
})
