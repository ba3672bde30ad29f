/** Several look at one process: none takes from another what it has to see. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BlockRecord } from '../../src/diagnostics/beside/block-record.ts'
import { makeLoopDelays } from '../../src/diagnostics/process/loop-delays.ts'
import type { Frame } from '../../src/diagnostics/server/live/frame.ts'
import { ask } from './ask.ts'
import { startRecording } from './recording.ts'
import { startApp, until } from './running-app.ts'

function block(forMs: number): void {
  const endMs = performance.now() + forMs
  while (performance.now() < endMs);
}

test('a block is told to every reader of the loop delay once, whoever asked first', async (t) => {
  const delays = makeLoopDelays(10)
  t.after(() => delays.stop())
  const { since } = delays
  const [first, second] = await Promise.all([since(null), since(null)])
  // As soon as it was read: the histogram of Node forgets this one when it is reset.
  block(300)
  const next = await since(first.atMs)
  assert.ok(next.max >= 280, `${next.max}`)
  const late = await since(second.atMs)
  assert.ok(late.max >= 280, `${late.max}`)
  assert.ok((await since(second.atMs)).max >= 280, 'an answer that got lost is in the next one')
  // And one that goes on as somebody asks, long before its end.
  const asked = since(late.atMs)
  block(300)
  assert.ok((await asked).max >= 280)
})

test('a block that ends between two looks of the live page is in a point, also when the answer came late', async (t) => {
  const app = await startApp(t, 'single')
  const points = async () => {
    const { json } = await ask(app.diagnosticsPort, '/debug/live')
    return json.points as { values: Frame['values'] }[]
  }
  await until(async () => (await points()).length > 2)
  await (await fetch(`${app.appUrl}/?blockMs=1500`)).text()
  await until(async () => (await points()).some(({ values }) => Number(values['loop.max']) >= 1.2))
})

test('what is in flight is in the live numbers by name, with how long the oldest has been', async (t) => {
  const app = await startRecording(t, {})
  const leaving = new AbortController()
  for (let index = 0; index < 3; index++)
    void fetch(`${app.appUrl}/?hangMs=60000`, { signal: leaving.signal }).catch(() => {})
  const underway = async () => {
    const { json } = await ask(app.diagnosticsPort, '/debug/live')
    return (json.frame as Frame | null)?.inFlight ?? []
  }
  await until(async () => (await underway()).some(({ name, count }) => name === 'GET /' && count === 3))
  await until(async () => (await underway()).some(({ oldestMs }) => oldestMs > 1000))
  leaving.abort()
  await until(async () => (await underway()).length === 0)
})

test('/debug/vars says the main thread’s share by its CPU time: an idle process that is sampled is not busy', async (t) => {
  const app = await startRecording(t, { continuous: true })
  const mainThread = async () => {
    const { json } = await ask(app.diagnosticsPort, '/debug/vars')
    const { process } = (json.workers as Record<string, { process: Record<string, unknown> }>)['0'] ?? {}
    return process?.mainThread as { cpuSeconds: number; share: number }
  }
  const before = { ...(await mainThread()), atMs: performance.now() }
  await until(() => performance.now() - before.atMs > 2000)
  const now = await mainThread()
  assert.ok(now.share > 0 && now.share <= 1)
  const share = (now.cpuSeconds - before.cpuSeconds) / ((performance.now() - before.atMs) / 1000)
  assert.ok(share < 0.5, `${share}`)
})

test('a block of a process that is sampled all the time is recorded as it is without', async (t) => {
  const app = await startRecording(t, { continuous: true })
  const blocks = async () => {
    const { json } = await ask(app.diagnosticsPort, '/debug/pprof/block?format=json')
    return (json.workers as { records: BlockRecord[] }[]).flatMap(({ records }) => records)
  }
  await (await fetch(`${app.appUrl}/?blockMs=1000`)).text()
  await until(async () => (await blocks()).some(({ function: name }) => name === 'burnForTheTest'))
  const block = (await blocks()).find(({ function: name }) => name === 'burnForTheTest')
  assert.ok(block && block.durationMs >= 990, `${block?.durationMs}`)
})
