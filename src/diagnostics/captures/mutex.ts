import { limits } from '../limits.ts'
import { pause } from '../pause.ts'
import type { CountedStack } from '../profiles/from-stacks.ts'
import { type WaitSum, waitSums, watchWaits } from '../waits.ts'
import { defineCapture, type Part } from './capture.ts'
import { choice, integer } from './params.ts'

interface Waits {
  fromMs: number
  toMs: number
  sums: WaitSum[]
}

/** Time spent waiting for pools and locks, as the application reports it: go tool pprof http://HOST/debug/pprof/mutex?seconds=10 */
export const mutex = defineCapture({
  name: 'mutex',
  route: '/debug/pprof/mutex',
  method: 'GET',
  scope: 'profile',
  where: 'every',
  params: {
    seconds: integer(
      0,
      limits.watchMaxSeconds,
      0,
      'How long to watch, with stacks; 0 for the sums since the start, by name',
    ),
    format: choice(['pprof', 'speedscope', 'folded', 'json'], 'pprof', 'What to make of it'),
    debug: integer(0, 1, 0, '1 for text'),
  },
  shows: 'Time spent waiting for pools and locks, by name, and by stack while it watches.',
  cost: 'Sums: nothing. While it watches: some 13 µs for each wait that begins.',
  durationMs: ({ seconds }) => seconds * 1000,

  async run({ seconds }, { signal }) {
    const cost = { stallMs: 0, cpuMs: 0, peakBytes: 0 }
    const startedMs = Date.now() - performance.now()
    if (seconds === 0) return { value: waitsOf(startedMs, waitSums()), cost }
    const watch = watchWaits()
    const fromMs = Date.now()
    try {
      await pause(seconds * 1000, signal)
    } finally {
      watch.end()
    }
    return { value: waitsOf(fromMs, watch.end()), cost }
  },

  async finish(parts, { format, debug }) {
    if (debug === 1) return { contentType: 'text/plain; charset=utf-8', body: parts.map(textOf).join('\n') }
    if (format === 'json') {
      const workers = parts.map(({ worker, value }) => ({ worker, ...value }))
      return { contentType: 'application/json', body: `${JSON.stringify({ workers })}\n` }
    }
    const { profileFromStacks } = await import('../profiles/from-stacks.ts')
    const { formatProfile } = await import('../formats/format.ts')
    const startedMs = Math.min(...parts.map(({ value }) => value.fromMs))
    const endedMs = Math.max(...parts.map(({ value }) => value.toMs))
    const profile = profileFromStacks(
      [
        ['contentions', 'count'],
        ['delay', 'nanoseconds'],
      ],
      parts.flatMap(stacksOf),
      { startedMs, durationMs: endedMs - startedMs },
    )
    return formatProfile(profile, format, 'delay', 'mutex')
  },
})

function waitsOf(fromMs: number, sums: WaitSum[]): Waits {
  return { fromMs, toMs: Date.now(), sums }
}

function stacksOf({ worker, value: { sums } }: Part<Waits>): CountedStack[] {
  return sums.map(({ name, count, ms, frames }) => ({
    frames: [{ name: `wait: ${name}` }, ...frames],
    values: [count, ms * 1e6],
    labels: { wait: name, worker: String(worker) },
  }))
}

function textOf({ worker, value: { sums } }: Part<Waits>): string {
  const lines = sums
    .toSorted((a, b) => b.ms - a.ms)
    .map(({ name, count, ms, maxMs, frames }) => {
      const stack = frames.map((frame) => `    at ${frame.name} (${frame.file}:${frame.line})\n`).join('')
      return `${name}: ${count} waits, ${ms.toFixed(1)} ms together, ${maxMs.toFixed(1)} ms at most\n${stack}`
    })
  return `worker ${worker}\n${lines.join('')}`
}
