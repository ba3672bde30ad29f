import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeGovernor } from '../../src/diagnostics/sampler/governor.ts'
import { ask } from './ask.ts'
import { startRecording } from './recording.ts'

/** Minutes of three windows each, whose turning over takes so much CPU; the rate is the one that was set. */
function governed() {
  let intervalMicros = 5000
  const governor = makeGovernor({
    setSlowdown(next) {
      intervalMicros = 5000 * next
    },
  })
  let atMs = 0
  return {
    governor,
    rate: () => 1e6 / intervalMicros,
    minutes(count: number, cpuMsOfWindow: number) {
      for (let index = 0; index < 3 * count; index++) {
        const window = { startedMs: atMs, endedMs: atMs + 20_000, rateHertz: 1e6 / intervalMicros }
        atMs += 20_000
        governor.add({ ...window, cpuMs: cpuMsOfWindow, stallMs: 1, peakBytes: 0, profile: new Uint8Array() })
      }
    },
  }
}

test('what sampling costs is within a budget: the rate is halved above it, and comes back slowly', () => {
  const { governor, rate, minutes } = governed()
  minutes(3, 20)
  assert.deepEqual([rate(), governor.throttles()], [200, 0])
  minutes(1, 700)
  assert.deepEqual([rate(), governor.throttles()], [100, 1])
  assert.ok(governor.share() > 0.03)
  minutes(10, 700)
  assert.deepEqual([rate(), governor.throttles()], [12.5, 4])
  minutes(4, 20)
  assert.equal(rate(), 12.5)
  minutes(1, 20)
  assert.equal(rate(), 25)
  minutes(30, 20)
  assert.deepEqual([rate(), governor.throttles()], [200, 4])
})

test('a cost near the budget leaves the rate as it is', () => {
  const { governor, rate, minutes } = governed()
  minutes(1, 700)
  minutes(20, 400)
  assert.deepEqual([rate(), governor.throttles()], [100, 1])
})

test('what was throttled is a series of each process', async (t) => {
  const { diagnosticsPort: port } = await startRecording(t, { continuous: true })
  const { body } = await ask(port, '/metrics')
  assert.match(body, /^diagnostics_governor_throttles_total 0$/m)
  assert.match(body, /^diagnostics_sampling_cost_ratio\{worker="0"\} 0$/m)
})
