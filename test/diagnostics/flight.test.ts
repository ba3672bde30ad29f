import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { Profile } from 'pprof-format'
import { makeRing } from '../../src/diagnostics/flight/ring.ts'
import { stacksOf } from '../../src/diagnostics/formats/stacks.ts'
import { ask } from './ask.ts'
import { temporaryDir } from './programs.ts'
import { startRecording } from './recording.ts'
import { until } from './running-app.ts'

/** Opens an archive with the system's tar. */
function opened(t: TestContext, archive: Uint8Array) {
  const dir = temporaryDir(t)
  writeFileSync(join(dir, 'flight.tar.gz'), archive)
  execFileSync('tar', ['-xzf', 'flight.tar.gz'], { cwd: dir })
  const json = (name: string) => JSON.parse(readFileSync(join(dir, name), 'utf8'))
  const profile = (name: string) => Profile.decode(gunzipSync(readFileSync(join(dir, name))))
  return {
    manifest: json('manifest.json'),
    samples: json('samples.json'),
    requests: json('requests.json'),
    profile,
    dir,
  }
}

async function flight(t: TestContext, url: string, query = 'seconds=60') {
  const response = await fetch(`${url}/debug/flight?${query}`)
  assert.equal(response.status, 200)
  const partial = response.headers.get('x-diagnostics-partial')
  return { ...opened(t, new Uint8Array(await response.arrayBuffer())), partial }
}

function burned(profile: Profile, label: string): number {
  const { stacks } = stacksOf(profile, 'cpu')
  const found = stacks.filter(({ frames }) => frames.some(({ name }) => name === 'burnForTheTest'))
  return found
    .filter(({ labels }) => Object.values(labels).includes(label))
    .reduce((sum, { value }) => sum + value, 0)
}

test('the last minutes are one archive: windows and their merge, a line each second, the slowest requests', async (t) => {
  const app = await startRecording(t, { continuous: true })
  const sampling = /^diagnostics_sampling_rate_hertz\{worker="0"\} 50$/m
  await until(async () => sampling.test((await ask(app.diagnosticsPort, '/metrics')).body))
  await fetch(`${app.appUrl}/?ms=300&trace=abc123`)
  for (let index = 0; index < 12; index++) await fetch(`${app.appUrl}/?ms=${index}`)
  const isTold = (one: { loopDelayMaxMs: number; utilization: number }[]) =>
    one.some(({ loopDelayMaxMs }) => loopDelayMaxMs > 200) &&
    // An interrupted wait is no work: the event loop's own number would be near one all the time.
    one.some(({ utilization }) => utilization < 0.5)
  await until(async () => isTold((await flight(t, app.url)).samples))
  const { manifest, samples, requests, profile, dir, partial } = await flight(t, app.url)
  assert.equal(partial, null)
  assert.deepEqual(manifest.workers, [0])
  assert.equal(manifest.windows.length, readdirSync(join(dir, 'windows')).length)
  const whole = burned(profile('profile.pb.gz'), '/busy')
  assert.ok(whole > 0)
  const parts = manifest.windows.map(({ file }: { file: string }) => burned(profile(file), '/busy'))
  assert.equal(
    parts.reduce((sum: number, one: number) => sum + one, 0),
    whole,
  )
  for (const [index, { startedMs }] of manifest.windows.entries())
    if (index > 0) assert.equal(startedMs, manifest.windows[index - 1].endedMs)
  assert.equal(requests[0].traceId, 'abc123')
  assert.equal(requests[0].route, '/busy')
  const [second] = samples
  assert.equal(second.gauges.app_depth, 7)
  for (const name of ['cpu', 'utilization', 'heapUsedBytes', 'rssBytes', 'gcMs', 'loopDelayP50Ms'])
    assert.equal(typeof second[name], 'number', name)
})

test('what happened before a block is there while the main thread is blocked, and it says what is missing', async (t) => {
  const app = await startRecording(t, { continuous: true })
  await until(async () => (await flight(t, app.url)).samples.length > 0)
  await fetch(`${app.appUrl}/?ms=200`)
  assert.ok(burned((await flight(t, app.url)).profile('profile.pb.gz'), '/busy') > 0)
  await fetch(`${app.appUrl}/?blockMs=5000`)
  await until(async () => (await ask(app.diagnosticsPort, '/health')).status === 503)
  const { partial, profile } = await flight(t, app.url)
  assert.equal(partial, 'worker 0')
  assert.ok(burned(profile('profile.pb.gz'), '/busy') > 0)
})

test('in a cluster every process is recorded, with a worker’s label', async (t) => {
  const app = await startRecording(t, { continuous: true, workers: 2 })
  await until(async () => (await flight(t, app.url)).manifest.workers.join() === '0,1,2')
  await until(async () => {
    const profile = (await flight(t, app.url)).profile('profile.pb.gz')
    return burned(profile, '1') > 0 && burned(profile, '2') > 0
  })
})

test('what workers tell does not wait for a primary that is blocked', async (t) => {
  const app = await startRecording(t, { continuous: true, workers: 2 })
  await until(async () => (await flight(t, app.url)).manifest.workers.join() === '0,1,2')
  await fetch(`${app.appUrl}/?blockMs=8000`)
  await until(async () => (await ask(app.diagnosticsPort, '/health')).status === 503)
  const blockedMs = Date.now()
  let told: { worker: number; atMs: number }[] = []
  await until(async () => {
    told = (await flight(t, app.url, 'seconds=600')).samples
    return [1, 2].every((one) => told.some(({ worker, atMs }) => worker === one && atMs > blockedMs))
  })
  assert.ok(!told.some(({ worker, atMs }) => worker === 0 && atMs > blockedMs))
})

test('without continuous profiling it says that nothing is recorded; a time out of bounds is refused', async (t) => {
  const { diagnosticsPort: port } = await startRecording(t, {})
  assert.deepEqual((await ask(port, '/debug/flight')).json.code, 'not_recording')
  assert.equal((await ask(port, '/debug/flight?seconds=601')).status, 400)
})

test('the ring forgets the oldest of all processes first, and never holds more than its bound', () => {
  let nowMs = 0
  const ring = makeRing({ bytesMax: 50_000, ageMaxMs: 600_000 }, () => nowMs)
  for (let index = 0; index < 200; index++) {
    nowMs = index * 1000
    const worker = index % 2
    const common = { worker, startedMs: nowMs - 1000, endedMs: nowMs, rateHertz: 200, stallMs: 1, cpuMs: 1 }
    ring.addWindow({ ...common, profile: new Uint8Array(2000), slowest: [] })
    ring.addSecond({ worker, atMs: nowMs, gauges: {}, routes: [] } as never)
    assert.ok(ring.bytes() <= 50_000)
  }
  const [window] = ring.windowsSince(0)
  const [second] = ring.secondsSince(0)
  assert.ok(window && second)
  assert.ok(Math.abs(window.endedMs - second.atMs) <= 2000)
  nowMs += 700_000
  ring.addSecond({ worker: 0, atMs: nowMs, gauges: {}, routes: [] } as never)
  assert.equal(ring.windowsSince(0).length, 0)
  assert.equal(ring.secondsSince(0).length, 1)
})
