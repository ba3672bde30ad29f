import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeSampler, type Window } from '../../src/diagnostics/sampler/sampler.ts'
import { until } from './running-app.ts'

/** A profiler whose profile is the number of its window. */
function fakeEngine() {
  let started = false
  let windows = 0
  return {
    starts: [] as number[],
    isStarted: () => started,
    isStuck: () => false,
    start(intervalMicros: number) {
      started = true
      this.starts.push(intervalMicros)
    },
    stop(goOn: boolean) {
      started = goOn
      const number = ++windows
      return () => new Uint8Array([number])
    },
  }
}

const numbers = (windows: readonly Window[]) => windows.map(({ profile }) => profile[0])

test('a capture beside continuous sampling gets its own windows, and the other loses none', async () => {
  const engine = fakeEngine()
  const sampler = makeSampler(async () => engine)
  const all: Window[] = []
  sampler.subscribe((window) => all.push(window))
  const lease = await sampler.acquire(5000)
  sampler.rotate()
  const captured = sampler.collect(1000, new AbortController().signal)
  await new Promise((resolve) => setImmediate(resolve))
  sampler.rotate()
  assert.deepEqual(numbers(await captured), [3, 4])
  sampler.rotate()
  lease.release()
  await until(() => all.length === 6)
  assert.deepEqual(numbers(all), [1, 2, 3, 4, 5, 6])
  for (const [index, { startedMs }] of all.entries()) {
    if (index > 0) assert.equal(startedMs, all[index - 1]?.endedMs)
  }
  assert.deepEqual(engine.starts, [5000])
  assert.equal(sampler.rateHertz(), 0)
})

test('a capture alone samples for its time and no longer; taken back it stops at once', async () => {
  const engine = fakeEngine()
  const sampler = makeSampler(async () => engine)
  assert.deepEqual(numbers(await sampler.collect(10, new AbortController().signal)), [1])
  assert.equal(engine.isStarted(), false)

  const stop = new AbortController()
  const captured = sampler.collect(300_000, stop.signal)
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(sampler.rateHertz(), 200)
  stop.abort(new Error('gone'))
  await assert.rejects(captured, /gone/)
  assert.equal(engine.isStarted(), false)
})

test('another rate begins with the next window', async () => {
  const engine = fakeEngine()
  const sampler = makeSampler(async () => engine)
  const windows: Window[] = []
  sampler.subscribe((window) => windows.push(window))
  const lease = await sampler.acquire(5000)
  sampler.setSlowdown(2)
  assert.equal(sampler.rateHertz(), 200)
  sampler.rotate()
  assert.equal(sampler.rateHertz(), 100)
  lease.release()
  lease.release()
  await until(() => windows.length === 2)
  assert.deepEqual(
    windows.map(({ rateHertz }) => rateHertz),
    [200, 100],
  )
})

test('a capture is finer than what is sampled all the time, which is as it was before when the capture is over', async () => {
  const engine = fakeEngine()
  const sampler = makeSampler(async () => engine)
  const all: Window[] = []
  sampler.subscribe((window) => all.push(window))
  const lease = await sampler.acquire(20_000)
  const captured = await sampler.collect(10, new AbortController().signal)
  lease.release()
  await until(() => all.length === 3)
  assert.deepEqual(
    captured.map(({ rateHertz }) => rateHertz),
    [200],
  )
  assert.deepEqual(
    all.map(({ rateHertz }) => rateHertz),
    [50, 200, 50],
  )
  assert.deepEqual(engine.starts, [20_000, 5000, 20_000])
})

test('a profiler that somebody else started is left alone', async () => {
  const engine = fakeEngine()
  engine.start(1)
  const sampler = makeSampler(async () => engine)
  await assert.rejects(sampler.collect(10, new AbortController().signal), {
    code: 'sampler_in_use',
    status: 409,
  })
  assert.deepEqual(engine.starts, [1])
})

test('a window that cannot be taken, or made, is counted and takes no other with it', async () => {
  const engine = fakeEngine()
  const stop = engine.stop.bind(engine)
  engine.stop = (goOn) => {
    const encode = stop(goOn)
    return () => {
      const profile = encode()
      if (profile[0] === 2) throw new Error('no room')
      return profile
    }
  }
  const sampler = makeSampler(async () => engine)
  const all: Window[] = []
  sampler.subscribe(() => {
    throw new Error('not mine')
  })
  sampler.subscribe((window) => all.push(window))
  assert.equal((await sampler.collect(10, new AbortController().signal)).length, 1)
  await assert.rejects(sampler.collect(10, new AbortController().signal), /no room/)
  assert.equal((await sampler.collect(10, new AbortController().signal)).length, 1)
  assert.deepEqual(numbers(all), [1, 3])
  assert.equal(sampler.counts().lost, 3)
})
