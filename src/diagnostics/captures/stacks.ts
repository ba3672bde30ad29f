import { frameText, type Look, lastFrameOf, type StackFrame } from '../beside/main-stack.ts'
import { watchOf } from '../beside/watch-blocks.ts'
import { limits } from '../limits.ts'
import { defineCapture, type Part } from './capture.ts'
import { choice } from './params.ts'

export interface MainThread {
  pid: number
  /** `native`: no JavaScript ran within the deadline; the frames are the last that were seen in this block, if any. */
  state: 'idle' | 'running' | 'blocked' | 'native'
  /** Since the last turn of the event loop. */
  silentMs: number
  frames: StackFrame[]
}

/** What the main thread of each process does now, asked from beside it: curl http://HOST/debug/stacks */
export const stacks = defineCapture({
  name: 'stacks',
  route: '/debug/stacks',
  method: 'GET',
  scope: 'profile',
  where: 'beside',
  params: { format: choice(['text', 'json'], 'text', 'What to make of it') },
  shows: "The main thread's JavaScript stack now, also while it is blocked.",
  cost: 'Less than a millisecond of the main thread.',

  async run(_params, { side, signal }) {
    const watch = watchOf(side)
    const look = await withinDeadline(watch.stack.look(), signal)
    const silentMs = watch.silentMs()
    const frames = look ? look.frames : (watch.samples().at(-1)?.frames ?? [])
    const value: MainThread = { pid: process.pid, state: stateOf(look, silentMs), silentMs, frames }
    const stallMs = look?.tookMs ?? 0
    return { value, cost: { stallMs, cpuMs: stallMs, peakBytes: 0 } }
  },

  finish(parts, { format }) {
    if (format === 'json') {
      const workers = parts.map(({ worker, value }) => ({ worker, ...value }))
      return { contentType: 'application/json', body: `${JSON.stringify({ workers }, null, 2)}\n` }
    }
    return { contentType: 'text/plain; charset=utf-8', body: parts.map(textOf).join('\n') }
  },
})

/** @returns null when there is no answer in time */
function withinDeadline(looking: Promise<Look>, signal: AbortSignal): Promise<Look | null> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(null), limits.stackDeadlineMs)
    const stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    looking.then(resolve, reject).finally(() => {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
    })
  })
}

function stateOf(look: Look | null, silentMs: number): MainThread['state'] {
  if (!look) return 'native'
  if (look.frames.length === 0) return 'idle'
  return silentMs >= limits.blockMinMs ? 'blocked' : 'running'
}

function textOf({ worker, value: { pid, state, silentMs, frames } }: Part<MainThread>): string {
  const last = lastFrameOf(frames)
  const forMs = `${Math.round(silentMs)} ms`
  const said = {
    idle: 'idle',
    running: 'running',
    blocked: `blocked for ${forMs}${last ? ` in ${last.name}` : ''}`,
    native: `in native code, or without a CPU; no turn of the event loop for ${forMs}${last ? `; the last JavaScript seen in this block was ${last.name}` : ''}`,
  }[state]
  const lines = frames.map((frame) => `    at ${frameText(frame)}\n`)
  return `worker ${worker}, pid ${pid}: ${said}\n${lines.join('')}`
}
