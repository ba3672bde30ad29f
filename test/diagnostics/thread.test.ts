import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { test } from 'node:test'
import type { Worker } from 'node:worker_threads'
import { startDiagnostics } from '../../src/diagnostics/index.ts'
import { ask } from './ask.ts'
import { until } from './running-app.ts'

test('a diagnostics thread that dies is started again on the same port, and the service goes on', async (t) => {
  const threads: Worker[] = []
  const seen = (message: unknown) => threads.push((message as { worker: Worker }).worker)
  subscribe('worker_threads', seen)
  t.after(() => unsubscribe('worker_threads', seen))
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
