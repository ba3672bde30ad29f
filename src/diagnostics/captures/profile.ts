import { limits } from '../limits.ts'
import type { Cost } from '../link/protocol.ts'
import type { Window } from '../sampler/sampler.ts'
import { defineCapture } from './capture.ts'
import { choice, integer } from './params.ts'

/** CPU and wall time by stack, with labels `route` and `worker`: go tool pprof http://HOST/debug/pprof/profile?seconds=30 */
export const profile = defineCapture({
  name: 'profile',
  route: '/debug/pprof/profile',
  method: 'GET',
  scope: 'profile',
  where: 'every',
  params: {
    seconds: integer(1, limits.profileMaxSeconds, limits.profileDefaultSeconds, 'How long to watch'),
    format: choice(['pprof', 'cpuprofile', 'speedscope', 'folded', 'html'], 'pprof', 'What to make of it'),
    type: choice(['wall', 'cpu', 'sample'], 'cpu', 'The value that other formats than pprof show'),
  },
  shows: 'Where CPU and wall time went, by stack and route.',
  cost: '200 samples a second while it runs (1.2 to 1.7 % of a core where it was measured), and a stall of 7 to 25 ms at the end, more on a busy machine.',
  durationMs: ({ seconds }) => seconds * 1000,

  async run({ seconds }, { side, signal }) {
    const windows = await side.sampler.collect(seconds * 1000, signal)
    return { value: windows.map(({ profile }) => profile), cost: costOf(windows) }
  },

  async finish(parts, { format, type }) {
    const { mergeProfiles } = await import('../profiles/merge.ts')
    const merged = mergeProfiles(
      parts.flatMap(({ worker, value }) =>
        value.map((profile) => ({ profile, labels: { worker: String(worker) } })),
      ),
    )
    const { formatProfile } = await import('../formats/format.ts')
    return formatProfile(merged, format, type, 'profile')
  },
})

function costOf(windows: readonly Window[]): Cost {
  return {
    stallMs: Math.max(0, ...windows.map(({ stallMs }) => stallMs)),
    cpuMs: windows.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    peakBytes: windows.reduce((sum, { profile, peakBytes }) => sum + profile.byteLength + peakBytes, 0),
  }
}
