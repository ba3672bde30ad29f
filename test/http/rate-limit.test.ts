import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fastify from 'fastify'
import type { Api } from '../../src/http/api.ts'
import { makeRefuseSignature } from '../../src/http/rate-limit.ts'
import { makeRateWindow } from '../../src/http/rate-window.ts'
import { asUser, openApi, post, reservation } from './api.ts'

const reservePath = '/api/v1/bookings/reserve'
const settings = {
  REQUEST_LOG: false,
  MAX_TICKETS_PER_USER: 10,
  RATE_LIMIT_RESERVE_PER_SECOND: 3,
  RATE_LIMIT_JOIN_PER_SECOND: 3,
  RATE_LIMIT_BAD_SIGNATURES_PER_MINUTE: 2,
}

function openLimited(t: Parameters<typeof openApi>[0]) {
  let nowMs = 1000
  let reserved = 0
  const api = openApi(t, {
    settings: settings as NonNullable<Parameters<typeof openApi>[1]>['settings'] & object,
    now: () => nowMs,
    reserve: async () => {
      reserved++
      return { kind: 'sold_out', available: 0 }
    },
  })
  return { api, reserved: () => reserved, pass: (ms: number) => (nowMs += ms) }
}

test('a person who asks more often than allowed gets 429 until the window ends; others are not touched', async (t) => {
  const { api, reserved, pass } = openLimited(t)
  for (const left of ['2', '1', '0']) {
    const { statusCode, headers } = await post(api, reservePath, reservation)
    assert.equal(statusCode, 409)
    assert.deepEqual(
      [headers['ratelimit-limit'], headers['ratelimit-remaining'], headers['ratelimit-reset']].map(String),
      ['3', left, '1'],
    )
  }
  const refused = await post(api, reservePath, reservation)
  assert.deepEqual([refused.statusCode, refused.json().code], [429, 'TOO_MANY_REQUESTS'])
  assert.equal(refused.headers['retry-after'], '1')
  assert.equal(String(refused.headers['ratelimit-remaining']), '0')
  assert.equal(reserved(), 3)
  assert.equal((await post(api, reservePath, reservation, asUser('other'))).statusCode, 409)
  pass(999)
  assert.equal((await post(api, reservePath, reservation)).statusCode, 429)
  pass(1)
  assert.equal((await post(api, reservePath, reservation)).statusCode, 409)
})

test('whoever is asking too often is refused before the body is read', async (t) => {
  const { api } = openLimited(t)
  for (let i = 0; i < 3; i++) await post(api, reservePath, reservation)
  assert.equal((await post(api, reservePath, '{ not json')).statusCode, 429)
})

test('without a valid token nobody’s allowance is used', async (t) => {
  const { api } = openLimited(t)
  for (let i = 0; i < 5; i++) {
    const { statusCode } = await post(api, reservePath, reservation, { authorization: 'Bearer nonsense' })
    assert.equal(statusCode, 401)
  }
  assert.equal(String((await post(api, reservePath, reservation)).headers['ratelimit-remaining']), '2')
})

test('other routes of the same person say nothing of a limit and have none', async (t) => {
  const { api } = openLimited(t)
  for (let i = 0; i < 10; i++) {
    const { statusCode, headers } = await api.inject({ url: '/api/v1/bookings', headers: asUser('owner') })
    assert.equal(statusCode, 200)
    assert.equal(headers['ratelimit-limit'], undefined)
  }
})

test('false signatures are answered 401, from a sender of too many 429 with the end of the connection', async (t) => {
  let nowMs = 0
  const refuseSignature = makeRefuseSignature(2, () => nowMs)
  const app = Fastify() as unknown as Api
  t.after(() => app.close())
  app.get('/', async (request, reply) => {
    return request.headers['x-signature'] === 'right' ? 'taken' : refuseSignature(request, reply)
  })
  const statusOf = async (signature: string) => {
    const { statusCode } = await app.inject({ url: '/', headers: { 'x-signature': signature } })
    return statusCode
  }
  assert.deepEqual(
    [await statusOf('false'), await statusOf('false'), await statusOf('false')],
    [401, 401, 429],
  )
  const { headers } = await app.inject('/')
  assert.deepEqual([headers['connection'], headers['retry-after']], ['close', '60'])
  assert.equal(await statusOf('right'), 200)
  nowMs = 60_000
  assert.equal(await statusOf('false'), 401)
})

test('with more people than are remembered, the one unused longest begins anew', () => {
  const window = makeRateWindow({ limit: 1, windowMs: 1000, maxKeys: 2, now: () => 0 })
  for (const key of ['a', 'b', 'c']) assert.equal(window.take(key).allowed, true)
  assert.equal(window.take('c').allowed, false)
  assert.equal(window.take('a').allowed, true)
})
