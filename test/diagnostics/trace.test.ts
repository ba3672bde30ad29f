import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blocksOf, startBlocking } from './blocks.ts'
import { until } from './running-app.ts'

interface TraceEvent {
  name: string
  cat: string
  ph: string
  ts: number
  pid: number
  tid: number
  dur?: number
}

/** What Perfetto's importer of the JSON form needs of each event: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU */
function assertEvent(event: TraceEvent): void {
  assert.equal(typeof event.name, 'string')
  assert.equal(typeof event.cat, 'string')
  assert.match(event.ph, /^[BEXiIbnesftPNODMCRcv()]$/)
  for (const field of ['ts', 'pid', 'tid'] as const) assert.ok(Number.isFinite(event[field]), field)
  if (event.ph === 'X') assert.ok(Number.isFinite(event.dur))
}

test('trace events of every process come as one JSON in the trace event format', async (t) => {
  const app = await startBlocking(t, 'cluster')
  await until(async () => [...(await blocksOf(app)).keys()].join() === '0,1,2')
  const response = await fetch(`${app.url}/debug/pprof/trace?seconds=1`)
  assert.equal(response.headers.get('x-diagnostics-partial'), null)
  const { traceEvents, metadata } = (await response.json()) as {
    traceEvents: TraceEvent[]
    metadata: { truncatedWorkers: number[] }
  }
  assert.deepEqual(metadata.truncatedWorkers, [])
  assert.ok(traceEvents.length > 100, `${traceEvents.length}`)
  for (const event of traceEvents) assertEvent(event)
  assert.equal(new Set(traceEvents.filter(({ ph }) => ph !== 'M').map(({ pid }) => pid)).size, 3)
  assert.ok(traceEvents.some(({ cat }) => cat.includes('node')))
  assert.equal((await fetch(`${app.url}/debug/pprof/trace?seconds=1`)).status, 200)
})

test('a trace that nobody waits for ends, and another can begin', async (t) => {
  const app = await startBlocking(t, 'single')
  const gone = new AbortController()
  const first = fetch(`${app.url}/debug/pprof/trace?seconds=30`, { signal: gone.signal })
  const asked = () => fetch(`${app.url}/debug/pprof/trace?seconds=1`)
  await until(async () => (await asked()).status === 429)
  gone.abort()
  await assert.rejects(first)
  await until(async () => (await asked()).status === 200)
})
