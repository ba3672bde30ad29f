import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { type TestContext, test } from 'node:test'
import type { Worker } from 'node:worker_threads'
import { startDiagnostics } from '../../src/diagnostics/index.ts'
import { limits } from '../../src/diagnostics/limits.ts'
import { ask } from './ask.ts'
import { until } from './running-app.ts'

/** Every thread that is started from now on. */
function threadsOf(t: TestContext): Worker[] {
  const threads: Worker[] = []
  const seen = (message: unknown) => threads.push((message as { worker: Worker }).worker)
  subscribe('worker_threads', seen)
  t.after(() => unsubscribe('worker_threads', seen))
  return threads
}

test('a diagnostics thread that dies is started again on the same port, and the service goes on', async (t) => {
  const threads = threadsOf(t)
  const warnings: string[] = []
  const diagnostics = await startDiagnostics({
    port: 0,
    log: { info() {}, warn: (_fields, message) => warnings.push(message) },
  })
  t.after(() => diagnostics.stop())
  assert.equal((await ask(diagnostics.port, '/health')).status, 200)

  await threads[0]?.terminate()
  await assert.rejects(ask(diagnostics.port, '/health'), { code: 'ECONNREFUSED' })
  await until(() =>
    ask(diagnostics.port, '/health').then(
      ({ status }) => status === 200,
      () => false,
    ),
  )
  assert.equal((await ask(diagnostics.port, '/debug/pprof/profile?seconds=1')).status, 200)
  assert.deepEqual(warnings, ['the diagnostics thread ended'])
})

/** Dies as soon as it answers. @returns whether the last one is started again */
async function diesAgain(t: TestContext, times: number): Promise<boolean> {
  const threads = threadsOf(t)
  const ends: { again?: boolean }[] = []
  const diagnostics = await startDiagnostics({
    port: 0,
    log: { info() {}, warn: (fields) => ends.push(fields) },
  })
  for (let index = 0; index < times; index++) {
    await until(() =>
      ask(diagnostics.port, '/debug/pprof/symbol').then(
        () => true,
        () => false,
      ),
    )
    await threads.at(-1)?.terminate()
    await until(() => ends.length > index)
  }
  await diagnostics.stop()
  return ends.at(-1)?.again === true
}

test('a thread that dies again and again is given up; one that lived for a while in between is not, however often that was', async (t) => {
  const bounds = limits as { restartsMax: number; restartPauseMs: number; restartsForgottenMs: number }
  t.mock.property(bounds, 'restartsMax', 2)
  t.mock.property(bounds, 'restartPauseMs', 1)
  assert.equal(await diesAgain(t, 2), true)
  assert.equal(await diesAgain(t, 3), false)
  t.mock.property(bounds, 'restartsForgottenMs', 0)
  assert.equal(await diesAgain(t, 4), true)
})
