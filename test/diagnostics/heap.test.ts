import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { Profile } from 'pprof-format'
import { stacksOf } from '../../src/diagnostics/formats/stacks.ts'
import { DISTINCT_BYTES, objectsIn } from '../../src/diagnostics/heap/allocated-objects.ts'
import { makeHeapSampler } from '../../src/diagnostics/heap/heap-sampler.ts'
import { has, temporaryDir } from './programs.ts'
import { startRecording } from './recording.ts'
import { goPprof, type RunningApp, startApp, startScript, until } from './running-app.ts'

const MIB = 2 ** 20
const heapApp = join(import.meta.dirname, 'heap-app.ts')

/** Bytes by function, wherever in the stack it stands. */
async function bytesOf(app: RunningApp, path: string, name: string, type: string): Promise<number> {
  const response = await fetch(`${app.url}${path}`)
  assert.equal(response.status, 200)
  const profile = Profile.decode(gunzipSync(new Uint8Array(await response.arrayBuffer())))
  return stacksOf(profile, type)
    .stacks.filter(({ frames }) => frames.some((frame) => frame.name === name))
    .reduce((sum, { value }) => sum + value, 0)
}

test('the heap profile names who holds memory, with file and line, and go tool pprof opens it by its address', async (t) => {
  const app = await startScript(t, [heapApp])
  // The first request begins the sampling.
  assert.ok((await bytesOf(app, '/debug/pprof/heap', 'holdMany', 'inuse_space')) === 0)
  await fetch(`${app.appUrl}/hold?mib=64`)
  assert.ok((await bytesOf(app, '/debug/pprof/heap?gc=1', 'holdMany', 'inuse_space')) > 32 * MIB)
  if (!has(t, 'go')) return
  const address = `http://localhost:${app.diagnosticsPort}/debug/pprof/heap`
  const dir = temporaryDir(t)
  assert.match(await goPprof(dir, '-top', address), /Type: inuse_space[\s\S]*holdMany/)
  assert.match(await goPprof(dir, '-top', '-sample_index=inuse_objects', address), /holdMany/)
  assert.match(await goPprof(dir, '-raw', address), /holdMany .*heap-app\.ts:\d+/)
})

test('a difference shows what came as more and what is gone as less', async (t) => {
  const app = await startScript(t, [heapApp])
  await fetch(`${app.url}/debug/pprof/heap`)
  // What happens before the first look is not in the difference; a busy machine may look late. Then it is asked again.
  const changed = async (path: string) => {
    const asked = bytesOf(app, '/debug/pprof/heap?seconds=2&gc=1', 'holdMany', 'inuse_space')
    await answered(app, 'heap')
    await fetch(app.appUrl)
    await fetch(`${app.appUrl}${path}`)
    return asked
  }
  await until(async () => (await changed('/hold?mib=64')) > 32 * MIB)
  await until(async () => {
    if ((await changed('/drop')) < -32 * MIB) return true
    await fetch(`${app.appUrl}/hold?mib=64`)
    return false
  })
  const rests = await bytesOf(app, '/debug/pprof/heap?seconds=1&gc=1', 'holdMany', 'inuse_space')
  assert.ok(Math.abs(rests) < 4 * MIB)
})

test('a difference in a form that has none is refused at once, not after minutes', async (t) => {
  const app = await startScript(t, [heapApp])
  for (const method of ['GET', 'HEAD']) {
    const response = await fetch(`${app.url}/debug/pprof/heap?seconds=300&format=heapprofile`, { method })
    assert.equal(response.status, 400)
    if (method === 'GET') assert.equal(((await response.json()) as { code: string }).code, 'below_zero')
  }
  assert.equal((await fetch(`${app.url}/debug/pprof/heap?format=heapprofile`)).status, 200)
})

test('garbage is seen by allocs and not by heap; the heap profile begins anew afterwards', async (t) => {
  const app = await startScript(t, [heapApp])
  await fetch(`${app.url}/debug/pprof/heap`)
  const wasted = bytesOf(app, '/debug/pprof/allocs?seconds=2', 'wasteMany', 'alloc_space')
  await answered(app, 'allocs')
  await fetch(`${app.appUrl}/waste?mib=64`)
  assert.ok((await wasted) > 32 * MIB)
  assert.ok((await bytesOf(app, '/debug/pprof/heap?gc=1', 'wasteMany', 'inuse_space')) < 4 * MIB)
  await fetch(`${app.appUrl}/hold?mib=64`)
  assert.ok((await bytesOf(app, '/debug/pprof/heap', 'holdMany', 'inuse_space')) > 32 * MIB)
})

test('a heap that is sampled from the start has stacks for what was there before anybody asked', async (t) => {
  const app = await startRecording(t, { heapSampling: true })
  await fetch(`${app.appUrl}/?keepKb=65536`)
  assert.ok((await bytesOf(app, '/debug/pprof/heap?gc=1', 'objectsOf', 'inuse_space')) > 16 * MIB)
})

test('allocations are counted as objects, too: V8 tells bytes, and the interval gives the sizes away', async (t) => {
  const sampled = (bytes: number) => bytes * Math.round(1 / (1 - Math.exp(-bytes / DISTINCT_BYTES)))
  for (const bytes of [8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 96, 112, 120, 176, 224, 440, 2464])
    assert.equal(sampled(bytes) / objectsIn(sampled(bytes), DISTINCT_BYTES), bytes)
  for (let bytes = 104; bytes < 4096; bytes += 8) {
    const found = sampled(bytes) / objectsIn(sampled(bytes), DISTINCT_BYTES)
    assert.ok(found <= bytes && found % 8 === 0, `${found} of ${bytes}`)
  }

  const app = await startScript(t, [heapApp])
  const path = '/debug/pprof/allocs?seconds=2'
  const objects = bytesOf(app, path, 'wasteMany', 'alloc_objects')
  await answered(app, 'allocs')
  await fetch(`${app.appUrl}/waste?mib=64`)
  // Two objects, a text and a list of names each: 671,104 times. A sampler's number.
  const each = (await objects) / (64 * 10_486)
  assert.ok(each > 1 && each < 16, `${each} objects a turn`)
})

test('heap and allocs exclude each other, and a caller who hangs up gives the sampler back', async (t) => {
  const app = await startScript(t, [heapApp])
  const leaving = new AbortController()
  const watching = fetch(`${app.url}/debug/pprof/allocs?seconds=60`, { signal: leaving.signal })
  await answered(app, 'allocs')
  const refused = await fetch(`${app.url}/debug/pprof/heap`)
  assert.equal(refused.status, 429)
  assert.ok(refused.headers.get('retry-after'))
  leaving.abort()
  await assert.rejects(watching)
  let status = 0
  for (let tries = 0; status !== 200 && tries < 100; tries++) {
    status = (await fetch(`${app.url}/debug/pprof/heap`)).status
    if (status !== 200) await new Promise((resolve) => setTimeout(resolve, 50))
  }
  assert.equal(status, 200)
})

test('who measures allocations has the sampler alone, and nobody gets it while a difference is measured', async () => {
  const sampler = makeHeapSampler()
  const refused = { status: 429, code: 'heap_sampler_in_use', headers: { 'retry-after': '5' } }
  const letGo = await sampler.hold()
  const { sinceMs } = await sampler.take()
  assert.throws(sampler.lend, { ...refused, message: /a difference/ })
  assert.equal((await sampler.take()).sinceMs, sinceMs)
  letGo()
  const giveBack = sampler.lend()
  assert.throws(sampler.lend, { ...refused, message: /allocations/ })
  await assert.rejects(sampler.hold(), refused)
  await assert.rejects(sampler.take(), refused)
  giveBack()
  await sampler.take()
  sampler.lend()()
  sampler.stop()
})

test('a cluster gives one heap with a label for each worker, in every form', async (t) => {
  const app = await startApp(t, 'cluster')
  // Until the workers have joined the answer is of those that have.
  await until(
    async () => (await fetch(`${app.url}/metrics`)).status === 200 && (await workersOf(app)).length === 3,
  )
  const response = await fetch(`${app.url}/debug/pprof/heap?gc=1`)
  const profile = Profile.decode(gunzipSync(new Uint8Array(await response.arrayBuffer())))
  const workers = new Set(stacksOf(profile, 'inuse_space').stacks.map(({ labels }) => labels.worker))
  assert.deepEqual([...workers].sort(), ['0', '1', '2'])
  const since = response.headers.get('x-diagnostics-sampling-since') ?? ''
  assert.ok(Date.parse(since) > Date.now() - 60_000)
  const speedscope = (await (await fetch(`${app.url}/debug/pprof/heap?format=speedscope`)).json()) as {
    profiles: { unit: string }[]
  }
  assert.equal(speedscope.profiles[0]?.unit, 'bytes')
  assert.match(await (await fetch(`${app.url}/debug/pprof/heap?format=folded`)).text(), /^.+ \d+$/m)
})

async function workersOf(app: RunningApp): Promise<string[]> {
  const page = await (await fetch(`${app.url}/debug/pprof/heap?format=folded`)).text()
  return [...new Set([...page.matchAll(/^worker:(\d+);/gm)].map(([, worker]) => worker ?? ''))]
}

/** Waits until a capture of this name is under way: a second one is refused then. */
async function answered(app: RunningApp, name: 'heap' | 'allocs'): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if ((await fetch(`${app.url}/debug/pprof/${name}?seconds=1`)).status === 429) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`${name} did not begin`)
}
