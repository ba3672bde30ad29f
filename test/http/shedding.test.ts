import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { asUser, booking, bookingId, openApi, post, reservation, tokenOf } from './api.ts'
import { exchange, lastAnswer, listen } from './raw-socket.ts'
import { steeredLoad } from './steered-load.ts'

const reservePath = '/api/v1/bookings/reserve'
const authorization = `Authorization: Bearer ${tokenOf('owner', 'customer')}\r\n`
const body = JSON.stringify(reservation)
const request = `POST ${reservePath} HTTP/1.1\r\nHost: x\r\n${authorization}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`

/** A server whose reservations wait until they may go on. */
function openHolding(t: Parameters<typeof openApi>[0], maxInFlight = 100) {
  const steered = steeredLoad({ maxInFlight })
  const mayGoOn = Promise.withResolvers<void>()
  let entered = 0
  let shed = 0
  let wake = () => {}
  const api = openApi(t, {
    load: steered.load,
    onShed: () => shed++,
    reserve: async () => {
      entered++
      wake()
      await mayGoOn.promise
      return { kind: 'reserved', hold: booking, remaining: 1, replayed: false }
    },
  })
  return {
    ...steered,
    api,
    goOn: mayGoOn.resolve,
    shed: () => shed,
    /** Resolves when so many reservations have begun. */
    async begun(count: number): Promise<void> {
      while (entered < count) await new Promise<void>((resolve) => (wake = resolve))
    },
  }
}

/** Waits for what another connection's end brings about. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate)
}

test('while the event loop lags, new work gets 503 and 1 to 3 seconds; probes and endings are served', async (t) => {
  const { load, turns } = steeredLoad()
  const shed: string[] = []
  const api = openApi(t, { load, onShed: (reason) => shed.push(reason) })
  turns(200, 200, 200)
  const refused = await post(api, reservePath, reservation)
  assert.equal(refused.statusCode, 503)
  assert.equal(refused.json().code, 'OVERLOADED')
  assert.match(String(refused.headers['retry-after']), /^[123]$/)
  assert.equal((await api.inject('/api/v1/events')).statusCode, 503)
  assert.deepEqual(shed, ['event_loop', 'event_loop'])
  assert.equal((await api.inject('/health')).statusCode, 200)
  assert.equal((await api.inject('/ready')).statusCode, 200)
  const confirm = await post(api, `/api/v1/bookings/${bookingId}/confirm`, { payment_id: 'pay_1' })
  assert.equal(confirm.statusCode, 200)
  for (const way of ['cancel', 'refund'])
    assert.equal((await post(api, `/api/v1/bookings/${bookingId}/${way}`, {})).statusCode, 200)
  turns(0)
  assert.equal((await post(api, reservePath, reservation)).statusCode, 201)
})

test('a full backlog refuses reservations and nothing else', async (t) => {
  const { load, backlogIs } = steeredLoad()
  const api = openApi(t, { load })
  await backlogIs(1000)
  const refused = await post(api, reservePath, reservation)
  assert.deepEqual([refused.statusCode, refused.json().code], [503, 'OVERLOADED'])
  const headers = asUser('owner')
  assert.equal((await api.inject({ url: '/api/v1/bookings', headers })).statusCode, 200)
  assert.equal((await api.inject('/api/v1/events')).statusCode, 200)
})

test('whoever is refused costs nothing: no token is checked and no body is read', async (t) => {
  const { load, turns } = steeredLoad()
  const api = openApi(t, {
    load,
    verifyToken: () => {
      throw new Error('the token was looked at')
    },
  })
  turns(200, 200, 200)
  assert.equal((await post(api, reservePath, '{ not json')).statusCode, 503)
})

test('above the limit of requests under way the next is refused; with their answers the places are free again', async (t) => {
  const { api, begun, goOn, load } = openHolding(t, 2)
  const port = await listen(api)
  const held = [1, 2].map(() => exchange(port, request.replace('Host', 'Connection: close\r\nHost')))
  await begun(2)
  assert.equal(load.inFlight(), 2)
  assert.equal(
    lastAnswer(await exchange(port, request.replace('Host', 'Connection: close\r\nHost'))).statusCode,
    503,
  )
  goOn()
  for (const received of held) assert.equal(lastAnswer(await received).statusCode, 201)
  await until(() => load.inFlight() === 0)
})

test('callers that hang up before their answer leave nothing under way', async (t) => {
  const { api, begun, goOn, load } = openHolding(t)
  const port = await listen(api)
  const sockets = Array.from({ length: 20 }, () => connect(port, '127.0.0.1'))
  for (const socket of sockets) socket.write(request)
  await begun(20)
  assert.equal(load.inFlight(), 20)
  for (const socket of sockets) socket.destroy()
  await until(() => load.inFlight() === 0)
  goOn()
  assert.equal((await post(api, reservePath, reservation)).statusCode, 201)
  await until(() => load.inFlight() === 0)
})

test('whoever sends a body slowly, or hangs up in the middle of it, is never under way', async (t) => {
  const { api, load } = openHolding(t)
  const port = await listen(api)
  const socket = connect(port, '127.0.0.1')
  socket.write(request.slice(0, -10))
  await once(api.server, 'request')
  assert.equal(load.inFlight(), 0)
  socket.destroy()
  await once(socket, 'close')
  assert.equal((await post(api, '/api/v1/bookings/x/cancel', {})).statusCode, 400)
  await until(() => load.inFlight() === 0)
})

test('a flood on one connection: seventeen are worked on, the others refused, all are answered in order', async (t) => {
  const { api, begun, goOn, shed, load } = openHolding(t)
  const port = await listen(api)
  const received = exchange(port, request.repeat(39) + request.replace('Host', 'Connection: close\r\nHost'))
  await begun(17)
  await until(() => shed() === 23)
  assert.equal(load.inFlight(), 1)
  goOn()
  const statuses = [...(await received).matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)
  assert.deepEqual(statuses, [...Array(17).fill('201'), ...Array(23).fill('503')])
  assert.equal(load.inFlight(), 0)
})
