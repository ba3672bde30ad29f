import type { BlockRecord, BlockStack } from '../beside/block-record.ts'
import { frameText } from '../beside/main-stack.ts'
import { watchOf } from '../beside/watch-blocks.ts'
import { limits } from '../limits.ts'
import { pause } from '../pause.ts'
import type { CountedStack } from '../profiles/from-stacks.ts'
import { defineCapture, type Part } from './capture.ts'
import { choice, integer } from './params.ts'

interface Blocks {
  fromMs: number
  toMs: number
  records: BlockRecord[]
}

/** Where the event loop was blocked, by stack, from the records of blocks: go tool pprof http://HOST/debug/pprof/block */
export const block = defineCapture({
  name: 'block',
  route: '/debug/pprof/block',
  method: 'GET',
  scope: 'profile',
  where: 'beside',
  params: {
    seconds: integer(
      0,
      limits.watchMaxSeconds,
      0,
      'How long to watch from now on; 0 for the blocks that are kept',
    ),
    format: choice(['pprof', 'speedscope', 'folded', 'json'], 'pprof', 'What to make of it'),
    debug: integer(0, 1, 0, '1 for text'),
  },
  shows: `Where the event loop was blocked for ${limits.blockMinMs} ms and more, by stack.`,
  cost: 'Nothing now; a heartbeat and a look at it go on all the time, below 1 % of a CPU in an idle process.',
  durationMs: ({ seconds }) => seconds * 1000,

  async run({ seconds }, { side, signal }) {
    const { blocks } = watchOf(side)
    const askedMs = Date.now()
    if (seconds > 0) await pause(seconds * 1000, signal)
    const records = blocks.since(seconds > 0 ? askedMs : 0)
    const fromMs = Math.min(askedMs, ...records.map(({ startedMs }) => startedMs))
    const value: Blocks = { fromMs, toMs: Date.now(), records }
    return { value, cost: { stallMs: 0, cpuMs: 0, peakBytes: 0 } }
  },

  async finish(parts, { format, debug }) {
    if (debug === 1) return { contentType: 'text/plain; charset=utf-8', body: textOf(parts) }
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
    return formatProfile(profile, format, 'delay', 'block')
  },
})

function stacksOf({ worker, value: { records } }: Part<Blocks>): CountedStack[] {
  return records.flatMap((record) => {
    const { kind, stacks, durationMs } = record
    const labels = { kind, worker: String(worker) }
    const all: BlockStack[] =
      stacks.length > 0 ? stacks : [{ ms: durationMs, native: kind === 'native', frames: [] }]
    const longest = all.toSorted((a, b) => b.ms - a.ms)[0]
    return all.map((one) => ({
      frames: [...leafOf(record, one), ...one.frames],
      // Their sum is the number of blocks.
      values: [one === longest ? 1 : 0, one.ms * 1e6],
      labels,
    }))
  })
}

/** What no JavaScript frame says. */
function leafOf({ kind }: BlockRecord, { native, frames }: BlockStack): { name: string }[] {
  if (kind === 'starved') return [{ name: '(process stopped, or no CPU)' }]
  if (native) return [{ name: '(native code)' }]
  return frames.length === 0 ? [{ name: '(no JavaScript seen)' }] : []
}

function textOf(parts: readonly Part<Blocks>[]): string {
  const count = parts.reduce((sum, { value }) => sum + value.records.length, 0)
  const blocks = parts.flatMap(({ worker, value }) =>
    value.records.map((record) => recordText(worker, record)),
  )
  return `blocks of the event loop: ${count}\n\n${blocks.join('\n')}`
}

function recordText(worker: number, record: BlockRecord): string {
  const { startedMs, durationMs, kind, lostMs, stacks } = record
  const lost = lostMs >= 1 ? `, of these ${lostMs.toFixed(0)} ms stopped or without a CPU` : ''
  const head = `${new Date(startedMs).toISOString()} worker ${worker}: ${durationMs.toFixed(0)} ms ${kind}${lost}\n`
  const bodies = stacks.map(
    ({ ms, native, frames }) =>
      `  ${ms.toFixed(0)} ms${native ? ', native code called by' : ''}\n${frames.map((frame) => `    at ${frameText(frame)}\n`).join('')}`,
  )
  return head + bodies.join('')
}
