import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeCaller } from '../../src/diagnostics/link/caller.ts'

const timeoutMs = 60_000

test('a process that leaves its questions unanswered is asked no more of them, and others are', async () => {
  const posted: { id: number; process: number }[] = []
  const caller = makeCaller((message) => void ('name' in message && posted.push(message)), {
    callsInFlight: 2,
  })
  const first = caller.ask(1, 'a', {}, { timeoutMs })
  const second = caller.ask(1, 'b', {}, { timeoutMs })
  await assert.rejects(caller.ask(1, 'c', {}, { timeoutMs }), { status: 503, code: 'too_busy' })
  const other = caller.ask(2, 'a', {}, { timeoutMs })
  assert.deepEqual(
    posted.map(({ process }) => process),
    [1, 1, 2],
  )

  const [one] = posted
  assert.ok(one)
  // What another process says of it is nobody's answer.
  caller.receive({ kind: 'reply', id: one.id, process: 2, ok: true, value: 'wrong' })
  caller.receive({ kind: 'reply', id: one.id, process: 1, ok: true, value: 'right' })
  assert.equal(await first, 'right')
  const third = caller.ask(1, 'c', {}, { timeoutMs })
  caller.left(1)
  await assert.rejects(second, { code: 'process_gone' })
  await assert.rejects(third, { code: 'process_gone' })
  const [, , last] = posted
  assert.ok(last)
  caller.receive({ kind: 'reply', id: last.id, process: 2, ok: true, value: 'still there' })
  assert.equal(await other, 'still there')
})
