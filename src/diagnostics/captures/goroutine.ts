import { limits } from '../limits.ts'
import type { InFlight } from '../process/in-flight-now.ts'
import { measured } from '../process/measure.ts'
import type { CountedStack } from '../profiles/from-stacks.ts'
import { defineCapture, type Part } from './capture.ts'
import { choice, integer } from './params.ts'

/** What has begun and not ended. Node has no goroutines; what waits is what a Go program would have one for. */
export const goroutine = defineCapture({
  name: 'goroutine',
  route: '/debug/pprof/goroutine',
  method: 'GET',
  scope: 'profile',
  where: 'every',
  params: {
    format: choice(['pprof', 'speedscope', 'folded'], 'pprof', 'What to make of it'),
    debug: integer(0, 2, 0, '1 for text with counts, 2 for each with its age and labels, the oldest first'),
  },
  shows: 'What is in flight: requests by route and age, waits, commands, and what Node has open.',
  cost: 'A walk over what is in flight, at most 10,000 entries: some milliseconds.',

  async run({ debug }) {
    const { inFlightNow } = await import('../process/in-flight-now.ts')
    return measured(() => inFlightNow(debug === 2))
  },

  async finish(parts, { format, debug }) {
    const contentType = 'text/plain; charset=utf-8'
    if (debug === 1) return { contentType, body: grouped(parts) }
    if (debug === 2) return { contentType, body: listed(parts) }
    const { profileFromStacks } = await import('../profiles/from-stacks.ts')
    const { formatProfile } = await import('../formats/format.ts')
    const startedMs = Math.min(...parts.map(({ value }) => value.atMs))
    const profile = profileFromStacks([['goroutine', 'count']], parts.flatMap(stacksOf), {
      startedMs,
      durationMs: 0,
    })
    return formatProfile(profile, format, 'goroutine', 'goroutine')
  },
})

/** The kind is the root, the name stands on it, and the age is the leaf. */
function stacksOf({ worker, value: { groups } }: Part<InFlight>): CountedStack[] {
  return groups.map(({ kind, name, age, count }) => ({
    frames: [...(age ? [{ name: age }] : []), { name }, { name: kind }],
    values: [count],
    labels: { kind, name, worker: String(worker), ...(age ? { age } : {}) },
  }))
}

function grouped(parts: readonly Part<InFlight>[]): string {
  const total = parts.flatMap(({ value }) => value.groups).reduce((sum, { count }) => sum + count, 0)
  const blocks = parts.map(({ worker, value }) => {
    const lines = value.groups
      .toSorted((a, b) => b.count - a.count)
      .map(({ kind, name, age, count }) => `${String(count).padStart(6)}  ${kind}  ${name}  ${age}`.trimEnd())
    return `worker ${worker}${untrackedText(value)}\n${lines.join('\n')}\n`
  })
  return `goroutine profile: total ${total}\n\n${blocks.join('\n')}`
}

function listed(parts: readonly Part<InFlight>[]): string {
  return parts
    .map(({ worker, value }) => {
      const lines = value.oldest.map(({ kind, name, ageMs, labels }) => {
        const shown = labels ? `  ${JSON.stringify(labels)}` : ''
        return `${(ageMs / 1000).toFixed(3).padStart(10)} s  ${kind}  ${name}${shown}\n`
      })
      const cut = lines.length === limits.flightsListed ? `only the ${lines.length} oldest\n` : ''
      return `worker ${worker}${untrackedText(value)}\n${lines.join('')}${cut}`
    })
    .join('\n')
}

function untrackedText({ untracked }: InFlight): string {
  return untracked > 0 ? `; not in the list since the start, there were too many: ${untracked}` : ''
}
