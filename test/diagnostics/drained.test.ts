import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drainedWhile } from '../../src/diagnostics/heap/drained.ts'
import { limits } from '../../src/diagnostics/limits.ts'

test('a process is back in traffic before anybody hears how the work ended, also when it failed', async () => {
  const said: string[] = []
  const drain = async () => {
    said.push('out')
    return async () => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      said.push('back')
    }
  }
  assert.equal(await drainedWhile(drain, () => said.push('work')), 2)
  const failing = drainedWhile(drain, () => {
    throw new Error('no space left on device')
  })
  await assert.rejects(failing, /no space/)
  assert.deepEqual(said, ['out', 'work', 'back', 'out', 'back'])
  assert.equal(await drainedWhile(undefined, () => 'as it is'), 'as it is')
})

test('what cannot leave is not worked on, and what cannot come back is said', async () => {
  let worked = 0
  const leaving = drainedWhile(
    () => Promise.reject(new Error('nobody else is there')),
    () => worked++,
  )
  await assert.rejects(leaving, { status: 503, code: 'drain_failed', message: /nobody else is there/ })
  assert.equal(worked, 0)
  const returning = drainedWhile(
    async () => () => Promise.reject(new Error('the port is taken')),
    () => worked++,
  )
  await assert.rejects(returning, { status: 500, code: 'not_back', message: /the port is taken/ })
})

test('one that is not out at the deadline is given up, and brought back when it is', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const leaving = Promise.withResolvers<() => void>()
  const isBack = Promise.withResolvers<void>()
  const late = drainedWhile(
    () => leaving.promise,
    () => assert.fail('worked in the midst of traffic'),
  )
  t.mock.timers.tick(limits.drainMs + limits.drainGraceMs)
  await assert.rejects(late, { status: 503, code: 'drain_timeout' })
  leaving.resolve(isBack.resolve)
  await isBack.promise
})
