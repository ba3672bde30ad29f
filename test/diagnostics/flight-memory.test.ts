/** What the flight recorder really takes of the memory, with its own bounds: filled with what processes tell until it forgets. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { deserialize, serialize } from 'node:v8'
import type { News, Second, SlowRequest } from '../../src/diagnostics/flight/news.ts'
import { makeRecorder, type Recorder } from '../../src/diagnostics/flight/recorder.ts'
import { collectGarbage } from '../../src/diagnostics/heap/collect-garbage.ts'
import { limits } from '../../src/diagnostics/limits.ts'

const MIB = 2 ** 20
const TOLD_SECONDS = 300

/** Of a service, and how much it tells. */
interface Shape {
  processes: number
  /** As it comes; what is random in it stays as large when it is compressed. */
  windowBytes: number
  randomBytes: number
  gauges: number
  nameCharacters: number
  /** Over so many seconds their windows' ends are spread: 1 when an archive is asked for. */
  endsWithinSeconds: number
}

const text = (characters: number) => randomBytes(characters).toString('hex').slice(0, characters)
/** Every one is another, as numbers that are measured are. */
const some = () => Math.random() * 1000

function windowOf(shape: Shape, endedMs: number): News {
  const profile = new Uint8Array(shape.windowBytes)
  profile.set(randomBytes(shape.randomBytes))
  const startedMs = endedMs - limits.rotateMs
  const slowest: SlowRequest[] = Array.from({ length: 10 }, () => ({
    route: text(shape.nameCharacters),
    seconds: some(),
    atMs: endedMs,
    traceId: text(32),
  }))
  const cost = { stallMs: some(), cpuMs: some(), peakBytes: shape.windowBytes }
  return { what: 'window', window: { profile, startedMs, endedMs, rateHertz: 50, ...cost }, slowest }
}

function secondOf(shape: Shape, atMs: number): News {
  const second: Second = {
    atMs,
    loopDelayP50Ms: some(),
    loopDelayP99Ms: some(),
    loopDelayMaxMs: some(),
    utilization: some(),
    cpu: some(),
    heapUsedBytes: some(),
    rssBytes: some(),
    gcMs: some(),
    gauges: Object.fromEntries(
      Array.from({ length: shape.gauges }, (_, index) => [`gauge_${index}`, some()]),
    ),
    routes: Array.from({ length: 5 }, () => ({
      route: text(shape.nameCharacters),
      p99Ms: some(),
      count: 1,
    })),
  }
  return { what: 'second', second }
}

/** Five minutes of all of them, up to now. @returns how many windows were told */
async function fill(recorder: Recorder, shape: Shape): Promise<number> {
  const workers = Array.from({ length: shape.processes }, (_, worker) => worker)
  // As it comes by a socket: in Node's pool of buffers, and nothing of it is shared.
  const tell = (worker: number, news: News) =>
    recorder.receive(worker, deserialize(Buffer.concat([serialize(news)])))
  const nowMs = Date.now()
  let told = 0
  for (let second = 0; second <= TOLD_SECONDS; second++) {
    const atMs = nowMs - (TOLD_SECONDS - second) * 1000
    for (const worker of workers) tell(worker, secondOf(shape, atMs))
    const ending = workers.filter(
      (worker) => (second + (worker % shape.endsWithinSeconds)) % (limits.rotateMs / 1000) === 0,
    )
    if (ending.length === 0) continue
    const arrived = arrivalOf(recorder, ending.length)
    for (const worker of ending) tell(worker, windowOf(shape, atMs))
    await arrived
    told += ending.length
  }
  return told
}

function arrivalOf(recorder: Recorder, count: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let left = count
  const stop = recorder.onWindow(() => {
    if (--left > 0) return
    stop()
    resolve()
  })
  return promise
}

async function heldBytes(): Promise<number> {
  await collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** @returns what the recorder holds of the memory, reckoned by nobody */
async function filled(shape: Shape) {
  // The first compression and collection take memory for good.
  await fill(makeRecorder(), { ...shape, processes: 1 })
  const before = await heldBytes()
  const recorder = makeRecorder()
  const told = await fill(recorder, shape)
  const held = (await heldBytes()) - before
  return { recorder, told, held }
}

test('24 processes with the largest windows have two minutes in the recorder, and it takes no more memory than it may', async () => {
  const shape = {
    processes: 24,
    windowBytes: 240_000,
    randomBytes: 79_000,
    gauges: 10,
    nameCharacters: 30,
    endsWithinSeconds: 1,
  }
  const nowMs = Date.now()
  const { recorder, told, held } = await filled(shape)
  const windows = recorder.ring.windowsSince(0)
  assert.ok(windows.length < told, 'it forgot none')
  assert.ok(windows.every(({ profile }) => profile.byteLength > 78_000 && profile.byteLength < 82_000))
  const seconds = recorder.ring.secondsSince(0)
  for (let worker = 0; worker < shape.processes; worker++) {
    const of = (one: { worker: number }) => one.worker === worker
    assert.ok((windows.find(of)?.startedMs ?? nowMs) <= nowMs - 120_000, `windows of ${worker}`)
    assert.ok((seconds.find(of)?.atMs ?? nowMs) <= nowMs - 120_000, `seconds of ${worker}`)
  }
  assertWithin(recorder, held)
})

for (const [what, shape] of [
  ['small windows', { windowBytes: 4000, randomBytes: 1000, gauges: 0, nameCharacters: 10 }],
  ['long names', { windowBytes: 40_000, randomBytes: 10_000, gauges: 0, nameCharacters: 120 }],
  ['many gauges', { windowBytes: 40_000, randomBytes: 10_000, gauges: 64, nameCharacters: 30 }],
] as const) {
  test(`a hundred processes with ${what} take no more memory than the recorder may`, async () => {
    const { recorder, told, held } = await filled({ processes: 100, endsWithinSeconds: 20, ...shape })
    assert.ok(recorder.ring.windowsSince(0).length < told, 'it forgot none')
    assertWithin(recorder, held)
  })
}

/** What is being compressed comes on top, to 32 MiB. */
function assertWithin(recorder: Recorder, heldBytes: number): void {
  const { bytesMax, compressingMaxBytes } = limits.flight
  assert.equal(bytesMax + compressingMaxBytes, 32 * MIB)
  assert.ok(heldBytes > bytesMax / 2, `${heldBytes} bytes held cannot be all of it`)
  assert.ok(heldBytes <= bytesMax, `${heldBytes} bytes held, ${recorder.ring.bytes()} reckoned`)
}
