import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { makeQueueTokens } from '../../src/http/queue-tokens.ts'
import { signToken } from '../../src/http/token.ts'
import { openService } from '../support/service.ts'
import { withoutPostgres, withoutRedis } from '../support/stores.ts'
import { openQueue } from './room.ts'

const skip = withoutRedis || withoutPostgres
const service = skip
  ? (null as never)
  : await openService({ after }, { env: { RATE_LIMIT_RESERVE_PER_SECOND: '0' } })
const api = skip ? '' : await service.api()
const { config } = service ?? {}
const tokens = skip ? (null as never) : makeQueueTokens(config.QUEUE_SECRET, 3600)

/** An event that lets in with a pass, in Redis's own time, and a person who was let in. */
async function open(capacity = 10) {
  const { event, zoneIds } = await service.event([capacity], { queueRequired: true })
  await service.setClock(null)
  const queue = openQueue(service, event.id)
  await queue.change({ releaseRatePerSecond: 100_000 })
  async function letIn(userId: string) {
    await queue.joinAs(userId)
    for (;;) {
      await queue.release()
      const seen = await queue.places.position(event.id, userId)
      if (seen.kind === 'ready') return tokens.signPass(event.id, userId, seen.pass)
    }
  }
  return { ...queue, event, zoneId: zoneIds[0] as string, letIn }
}

type Queue = Awaited<ReturnType<typeof open>>

function reserve(
  queue: Queue,
  user: string,
  more: { pass?: string; key?: string; quantity?: number; header?: boolean },
) {
  const { pass, key, quantity = 1, header = false } = more
  const token = signToken({
    user,
    role: 'customer',
    expiresInSeconds: 600,
    secret: config.JWT_SECRET,
    audience: config.JWT_AUDIENCE,
  })
  return fetch(`${api}/api/v1/bookings/reserve`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      ...(key && { 'idempotency-key': key }),
      ...(header && pass && { 'x-queue-pass': pass }),
    },
    body: JSON.stringify({
      event_id: queue.event.id,
      zone_id: queue.zoneId,
      quantity,
      ...(!header && pass && { queue_pass: pass }),
    }),
  })
}

async function codeOf(answer: Promise<Response>): Promise<string> {
  const response = await answer
  const { code } = (await response.json()) as { code?: string }
  return `${response.status} ${code ?? ''}`.trim()
}

test('an event that requires a pass refuses a reservation without one', { skip }, async () => {
  const queue = await open()
  assert.equal(await codeOf(reserve(queue, 'ann', {})), '403 QUEUE_PASS_REQUIRED')
})

test('a pass lets one reservation in, from the body or from the header, and no second', {
  skip,
}, async () => {
  const queue = await open()
  for (const header of [false, true]) {
    const user = header ? 'ann' : 'bob'
    const pass = await queue.letIn(user)
    assert.equal(await codeOf(reserve(queue, user, { pass, header })), '201')
    assert.equal(await codeOf(reserve(queue, user, { pass, header })), '403 INVALID_QUEUE_PASS')
  }
})

test('twenty requests at once with one pass hold seats once', { skip }, async () => {
  const queue = await open()
  const pass = await queue.letIn('ann')
  const answers = await Promise.all(Array.from({ length: 10 }, () => codeOf(reserve(queue, 'ann', { pass }))))
  assert.equal(answers.filter((answer) => answer === '201').length, 1)
  assert.equal(answers.filter((answer) => answer === '403 INVALID_QUEUE_PASS').length, 9)
})

test('a reservation that is refused keeps its pass', { skip }, async () => {
  const queue = await open(2)
  const pass = await queue.letIn('ann')
  assert.equal(await codeOf(reserve(queue, 'ann', { pass, quantity: 3 })), '409 INSUFFICIENT_SEATS')
  assert.equal(await codeOf(reserve(queue, 'ann', { pass, quantity: 2 })), '201')
})

test('a retry with its key is answered with its booking although the pass is used up', { skip }, async () => {
  const queue = await open()
  const pass = await queue.letIn('ann')
  const first = await reserve(queue, 'ann', { pass, key: 'k' })
  const again = await reserve(queue, 'ann', { pass, key: 'k' })
  assert.deepEqual([first.status, again.status], [201, 201])
  assert.equal(again.headers.get('idempotent-replayed'), 'true')
  const without = await reserve(queue, 'ann', { key: 'k' })
  assert.equal(without.status, 201)
})

test('another person’s pass, another event’s, a forged one and an old one each have their code', {
  skip,
}, async () => {
  const queue = await open()
  const other = await open()
  const pass = await queue.letIn('ann')
  assert.equal(await codeOf(reserve(queue, 'bob', { pass })), '403 QUEUE_PASS_MISMATCH')
  assert.equal(await codeOf(reserve(other, 'ann', { pass })), '403 QUEUE_PASS_MISMATCH')
  assert.equal(
    await codeOf(reserve(queue, 'ann', { pass: `${pass.slice(0, -2)}xx` })),
    '403 INVALID_QUEUE_PASS',
  )
  assert.equal(await codeOf(reserve(queue, 'ann', { pass: 'nonsense' })), '403 INVALID_QUEUE_PASS')
  const strange = makeQueueTokens('another secret that has 32 letters too', 3600)
  const forged = strange.signPass(queue.event.id, 'ann', await queue.pass('ann'))
  assert.equal(await codeOf(reserve(queue, 'ann', { pass: forged })), '403 INVALID_QUEUE_PASS')
  const old = tokens.signPass(queue.event.id, 'ann', { id: '1.1000', expiresAtMs: 1000 })
  assert.equal(await codeOf(reserve(queue, 'ann', { pass: old })), '403 QUEUE_PASS_EXPIRED')
  assert.equal(await codeOf(reserve(queue, 'ann', { pass })), '201')
})

test('a join token and an access token are no passes, and a pass is no access token', { skip }, async () => {
  const queue = await open()
  const pass = await queue.letIn('ann')
  const place = tokens.signPlace(queue.event.id, 'ann', { seq: 1, joinedAtMs: Date.now() }).token
  assert.equal(await codeOf(reserve(queue, 'ann', { pass: place })), '403 INVALID_QUEUE_PASS')
  const response = await fetch(`${api}/api/v1/bookings`, { headers: { authorization: `Bearer ${pass}` } })
  assert.equal(response.status, 401)
})

test('an event that requires none takes no notice of a pass', { skip }, async () => {
  const queue = await open()
  await queue.letIn('ann')
  const { event, zoneIds } = await service.event([5])
  const plain = { ...queue, event, zoneId: zoneIds[0] as string }
  assert.equal(await codeOf(reserve(plain, 'ann', { pass: 'whatever' })), '201')
  assert.equal((await queue.pass('ann')).id.startsWith('1.'), true)
})
