/**
 * How long /debug/stacks takes to answer while the event loop is blocked by JavaScript: asked again and again by HTTP during blocks of
 * 0.2, 1 and 5 s. Only answers that show the blocking function count. In turns with it a page is asked that the thread beside answers
 * alone: what that takes is the machine's, not the stack's. It needs no stores:
 * `node loadtest/bench/diagnostics-stacks.ts [ASKS]` runs it alone.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { join } from 'node:path'
import type { BenchRun } from './plan.ts'

export interface StacksMeasured {
  /** CPU that watching takes while nothing happens, ms a second: heartbeat, and the thread beside. */
  mainMsPerSecond: number
  besideMsPerSecond: number
  blocks: {
    blockMs: number
    asks: number
    p50Ms: number
    p99Ms: number
    maxMs: number
    /** Of the page that needs no main thread. */
    floorP99Ms: number
  }[]
}

const BLOCKS_MS = [200, 1000, 5000]
const ASKS = 400
/** Not in step with anything. */
const BETWEEN_MS = 13
const FUNCTION = 'blockingLoop'

interface Ready {
  port: number
  mainMsPerSecond: number
  besideMsPerSecond: number
}

export async function measureStacks(
  { say, signal }: Pick<BenchRun, 'say' | 'signal'>,
  asks = ASKS,
): Promise<StacksMeasured> {
  const child = fork(join(import.meta.dirname, 'diagnostics-stacks-app.ts'), { signal })
  const agent = new Agent({ keepAlive: true })
  try {
    const [{ port, ...idle }] = (await once(child, 'message')) as [Ready]
    const blocks: StacksMeasured['blocks'] = []
    for (const blockMs of BLOCKS_MS) {
      const { stacks, floor } = await during(child, blockMs, { port, agent, asks, signal })
      const [p50Ms, p99Ms, maxMs] = [at(stacks, 0.5), at(stacks, 0.99), at(stacks, 1)]
      const floorP99Ms = at(floor, 0.99)
      blocks.push({ blockMs, asks: stacks.length, p50Ms, p99Ms, maxMs, floorP99Ms })
      say(
        `  stacks in blocks of ${blockMs} ms: p50 ${p50Ms.toFixed(1)}, p99 ${p99Ms.toFixed(1)}, max ${maxMs.toFixed(1)} ms; without a stack p99 ${floorP99Ms.toFixed(1)} ms`,
      )
    }
    return { ...idle, blocks }
  } finally {
    agent.destroy()
    child.removeAllListeners()
    child.on('error', () => {})
    child.kill('SIGKILL')
  }
}

async function during(
  child: ChildProcess,
  forMs: number,
  { port, agent, asks, signal }: { port: number; agent: Agent; asks: number; signal: AbortSignal },
): Promise<{ stacks: number[]; floor: number[] }> {
  child.send({ forMs })
  const stacks: number[] = []
  const floor: number[] = []
  while (stacks.length < asks) {
    signal.throwIfAborted()
    const { text, tookMs } = await answer('/debug/stacks', port, agent)
    if (text.includes(FUNCTION)) stacks.push(tookMs)
    floor.push((await answer('/debug/pprof/', port, agent)).tookMs)
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS))
  }
  child.send({ forMs: 0 })
  for (const list of [stacks, floor]) list.sort((a, b) => a - b)
  return { stacks, floor }
}

function answer(path: string, port: number, agent: Agent): Promise<{ text: string; tookMs: number }> {
  const beganMs = performance.now()
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, agent }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part) => {
        text += part
      })
      response.on('end', () => resolve({ text, tookMs: performance.now() - beganMs })).on('error', reject)
    }).on('error', reject)
  })
}

function at(sorted: readonly number[], quantile: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * quantile))] ?? Number.NaN
}

if (import.meta.main) {
  const say = (line: string) => void process.stderr.write(`${line}\n`)
  const measured = await measureStacks(
    { say, signal: new AbortController().signal },
    Number(process.argv[2] ?? ASKS),
  )
  process.stdout.write(`${JSON.stringify(measured, null, 2)}\n`)
}
