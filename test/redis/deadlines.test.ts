import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MessageChannel } from 'node:worker_threads'
import { makeDeadlines } from '../../src/redis/deadlines.ts'

const late = () => new Error('late')

test('what is answered in time is answered, with its value or its error', async (t) => {
  const deadlines = makeDeadlines(10_000, late)
  t.after(() => deadlines.stop())
  assert.equal(await deadlines.limit(Promise.resolve(7)), 7)
  await assert.rejects(deadlines.limit(Promise.reject(new Error('no'))), /no/)
})

test('what is never answered is given up', async (t) => {
  const deadlines = makeDeadlines(20, late)
  t.after(() => deadlines.stop())
  // The timer of the deadlines does not keep a process alive.
  const alive = setInterval(() => {}, 1000)
  await assert.rejects(deadlines.limit(new Promise(() => {})), /late/)
  clearInterval(alive)
})

test('an answer that came while the event loop was blocked is not too late', async (t) => {
  const deadlines = makeDeadlines(20, late)
  t.after(() => deadlines.stop())
  const { port1, port2 } = new MessageChannel()
  t.after(() => port1.close())
  const answered = deadlines.limit(new Promise((resolve) => port1.once('message', resolve)))
  port2.postMessage('here')
  const untilMs = performance.now() + 100
  while (performance.now() < untilMs);
  assert.equal(await answered, 'here')
})
