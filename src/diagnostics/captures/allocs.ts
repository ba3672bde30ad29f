import type { SamplingProfile } from '../heap/sampling-profile.ts'
import { limits } from '../limits.ts'
import { pause } from '../pause.ts'
import { measuredAsync } from '../process/measure.ts'
import { defineCapture } from './capture.ts'
import { choice, integer } from './params.ts'

/** What was allocated in some seconds, garbage included, by where. */
export const allocs = defineCapture({
  name: 'allocs',
  route: '/debug/pprof/allocs',
  method: 'GET',
  scope: 'heap',
  where: 'every',
  exclusive: 'heap-sampler',
  params: {
    seconds: integer(1, limits.profileMaxSeconds, 10, 'How long to watch'),
    format: choice(['pprof', 'heapprofile', 'speedscope', 'folded'], 'pprof', 'What to make of it'),
    type: choice(
      ['alloc_space', 'alloc_objects'],
      'alloc_space',
      'The value that other formats than pprof show',
    ),
  },
  shows: 'What was allocated while it watched, garbage included, by where.',
  cost: 'One allocation in 217 KiB is sampled while it runs. The heap profile forgets what it saw before.',
  durationMs: ({ seconds }) => seconds * 1000,

  async run({ seconds }, { side, signal }) {
    const { Session } = await import('node:inspector/promises')
    const { pprofOfSampling } = await import('../heap/sampling-profile.ts')
    const giveBack = side.heapSampler.lend()
    const session = new Session()
    session.connect()
    const startedMs = Date.now()
    try {
      await session.post('HeapProfiler.startSampling', {
        samplingInterval: limits.allocsIntervalBytes,
        includeObjectsCollectedByMajorGC: true,
        includeObjectsCollectedByMinorGC: true,
      })
      await pause(seconds * 1000, signal)
      return await measuredAsync(async () => {
        const { profile } = await session.post('HeapProfiler.stopSampling')
        return pprofOfSampling(
          profile as SamplingProfile,
          limits.allocsIntervalBytes,
          startedMs,
          Date.now() - startedMs,
        )
      })
    } finally {
      // Ends the sampling too, where a caller hung up in the middle of it.
      session.disconnect()
      giveBack()
    }
  },

  async finish(parts, { format, type }) {
    const { mergeProfiles } = await import('../profiles/merge.ts')
    const { formatProfile } = await import('../formats/format.ts')
    const merged = mergeProfiles(
      parts.map(({ worker, value }) => ({ profile: value, labels: { worker: String(worker) } })),
    )
    return formatProfile(merged, format, type, 'allocs')
  },
})
