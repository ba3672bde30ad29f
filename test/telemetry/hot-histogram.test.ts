import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Histogram, Registry } from 'prom-client'
import { makeHotHistogram } from '../../src/telemetry/hot-histogram.ts'

const buckets = [0.001, 0.01, 0.1, 1]

test('it shows what prom-client’s own shows, whatever is observed', async () => {
  const observations = fc.array(
    fc.tuple(
      fc.constantFrom('a', 'b"c'),
      fc.oneof(fc.double({ min: 0, max: 2, noNaN: true }), fc.constantFrom(...buckets, 0)),
    ),
  )
  await fc.assert(
    fc.asyncProperty(observations, async (all) => {
      const [ours, theirs] = [new Registry(), new Registry()]
      const options = { name: 'step_seconds', help: 'Steps', labelNames: ['step'] as const, buckets }
      const hot = makeHotHistogram({ ...options, registers: [ours] })
      const plain = new Histogram({ ...options, registers: [theirs] })
      hot.zero({ step: 'never' })
      plain.zero({ step: 'never' })
      for (const [step, seconds] of all) {
        hot.labels(step).observe(seconds)
        plain.labels(step).observe(seconds)
      }
      assert.equal(await ours.metrics(), await theirs.metrics())
    }),
    { numRuns: 50 },
  )
})
