/** What kafkajs plans while nothing waits to be sent, and that it plans enough. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js'
import { makeKafka, plainAccess } from '../../src/kafka/client.ts'
import { openKafka, withoutKafka } from '../support/stores.ts'

/** Every delay that a timer was asked for meanwhile, in milliseconds. */
function watchTimers(t: TestContext): number[] {
  const delays: number[] = []
  const plan = globalThis.setTimeout
  t.mock.method(globalThis, 'setTimeout', (work: () => void, ms = 0) => {
    delays.push(ms)
    return plan(work, ms)
  })
  return delays
}

test('a connection that was answered plans no look at a queue in which nothing waits', {
  skip: withoutKafka,
}, async (t) => {
  const delays = watchTimers(t)
  const { brokers } = openKafka(t)
  const admin = makeKafka({ clientId: 'request-queue', ...plainAccess(brokers) }).admin()
  await admin.connect()
  t.after(() => admin.disconnect())
  for (let asked = 0; asked < 20; asked++) await admin.listTopics()
  assert.deepEqual(
    delays.filter((ms) => ms < 1),
    [],
  )
})

function makeQueue(maxInFlightRequests: number) {
  const sent: number[] = []
  const queue = new RequestQueue({
    maxInFlightRequests,
    requestTimeout: 60_000,
    enforceRequestTimeout: false,
    clientId: 'test',
    broker: 'test',
    logger: { debug() {}, warn() {} },
  })
  const push = (correlationId: number) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    queue.push({
      entry: { correlationId, resolve() {}, reject() {} },
      expectResponse: true,
      sendRequest() {
        sent.push(correlationId)
        resolve()
      },
    })
    return promise
  }
  return { queue, sent, push }
}

test('a request that a broker throttles is sent when that is over', async () => {
  const { queue, sent, push } = makeQueue(5)
  queue.maybeThrottle(30)
  const throttledUntil = queue.throttledUntil
  await push(1)
  assert.ok(Date.now() >= throttledUntil)
  assert.deepEqual(sent, [1])
  assert.equal(queue.throttleCheckTimeoutId, null)
})

test('a request behind one that is in flight is sent when that is answered, and then nothing is planned', async () => {
  const { queue, sent, push } = makeQueue(1)
  await push(1)
  const second = push(2)
  assert.deepEqual(sent, [1])
  queue.fulfillRequest({ correlationId: 1, payload: Buffer.alloc(0), size: 0 })
  await second
  queue.fulfillRequest({ correlationId: 2, payload: Buffer.alloc(0), size: 0 })
  assert.deepEqual(sent, [1, 2])
  assert.equal(queue.pending.length, 0)
})
