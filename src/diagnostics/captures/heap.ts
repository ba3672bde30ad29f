import { checkShowsDifference } from '../formats/below-zero.ts'
import type { HeapProfile } from '../heap/heap-sampler.ts'
import { limits } from '../limits.ts'
import type { Cost } from '../link/protocol.ts'
import { pause } from '../pause.ts'
import { measuredAsync } from '../process/measure.ts'
import { defineCapture } from './capture.ts'
import { choice, integer } from './params.ts'

interface Heaps {
  /** Of a difference: what was live at its beginning. */
  before: HeapProfile | null
  after: HeapProfile
}

/**
 * What is live on the heap, by where it was allocated. With `seconds` the difference: what was allocated in that time and lives, less what
 * lived before and is gone, so values may be negative.
 */
export const heap = defineCapture({
  name: 'heap',
  route: '/debug/pprof/heap',
  method: 'GET',
  scope: 'heap',
  where: 'every',
  exclusive: 'heap-sampler',
  params: {
    seconds: integer(0, limits.profileMaxSeconds, 0, 'Show the difference over so long; 0: what is live now'),
    gc: integer(0, 1, 0, 'Collect garbage first: slower, and nothing dead is counted'),
    format: choice(['pprof', 'heapprofile', 'speedscope', 'folded'], 'pprof', 'What to make of it'),
    type: choice(
      ['inuse_space', 'inuse_objects'],
      'inuse_space',
      'The value that other formats than pprof show',
    ),
  },
  shows: 'What is live on the heap, by where it was allocated; with seconds, what came and went.',
  cost: 'From the first request on one allocation in 512 KiB is sampled; reading it stalls a few milliseconds, gc=1 a full collection.',
  durationMs: ({ seconds }) => seconds * 1000,
  check({ seconds, format }) {
    if (seconds > 0) checkShowsDifference(format)
  },

  async run({ seconds, gc }, { side, signal }) {
    const sampler = side.heapSampler
    const costs: Cost[] = []
    const look = async (): Promise<HeapProfile> => {
      const { value, cost } = await measuredAsync(async () => {
        if (gc === 1) await (await import('../heap/collect-garbage.ts')).collectGarbage()
        return sampler.take()
      })
      costs.push(cost)
      return value
    }
    // What would begin the sampling anew is refused meanwhile: the difference would say that everything is gone.
    const letGo = seconds > 0 ? await sampler.hold() : () => {}
    try {
      const before = seconds > 0 ? await look() : null
      if (before) await pause(seconds * 1000, signal)
      const value: Heaps = { before, after: await look() }
      return { value, cost: sumOf(costs) }
    } finally {
      letGo()
    }
  },

  async finish(parts, { format, type, seconds }) {
    const { mergeProfiles } = await import('../profiles/merge.ts')
    const { negated } = await import('../profiles/negate.ts')
    const merged = mergeProfiles(
      parts.flatMap(({ worker, value: { before, after } }) => {
        const labels = { worker: String(worker) }
        return [
          { profile: after.profile, labels },
          ...(before ? [{ profile: negated(before.profile), labels }] : []),
        ]
      }),
    )
    const { formatProfile } = await import('../formats/format.ts')
    const answer = await formatProfile(merged, format, type, seconds > 0 ? 'heap-difference' : 'heap')
    const since = Math.max(...parts.map(({ value }) => value.after.sinceMs))
    return { ...answer, headers: { 'x-diagnostics-sampling-since': new Date(since).toISOString() } }
  },
})

function sumOf(costs: readonly Cost[]): Cost {
  return {
    stallMs: Math.max(0, ...costs.map(({ stallMs }) => stallMs)),
    cpuMs: costs.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    peakBytes: Math.max(0, ...costs.map(({ peakBytes }) => peakBytes)),
  }
}
