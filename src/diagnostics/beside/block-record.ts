/** What is kept of one block of the event loop. */
import type { Shared } from '../shared.ts'
import { slots } from '../shared.ts'
import type { Look, StackFrame } from './main-stack.ts'
import { lastFrameOf } from './main-stack.ts'

export const kinds = ['javascript', 'native', 'starved'] as const
/** `native`: no JavaScript ran for most of it. `starved`: the process was stopped, or had no CPU, and would not have blocked otherwise. */
export type BlockKind = (typeof kinds)[number]

export interface BlockRecord {
  /** Unix time. It may be up to one heartbeat early when the loop was busy before. */
  startedMs: number
  durationMs: number
  kind: BlockKind
  /** Of the duration: stopped, or without a CPU. */
  lostMs: number
  /** The application's frame that it was in for longest. */
  function: string | null
  file: string | null
  line: number | null
  /** Stacks that were seen, with the time that each stands for. */
  stacks: BlockStack[]
}

export interface BlockStack {
  ms: number
  /** Seen when native code came back: what had called it. */
  native: boolean
  frames: StackFrame[]
}

export interface Sample extends Look {
  askedMs: number
  /** Between question and answer: stopped, or without a CPU. */
  lostMs: number
}

interface Block {
  fromMs: number
  toMs: number
  lostMs: number
  /** CPU time of the main thread. */
  ranMs: number
  samples: readonly Sample[]
}

/** @param block in monotonic time @param bounds of the settings */
export function blockRecord(
  { fromMs, toMs, lostMs, ranMs, samples }: Block,
  { unixMs, blockMinMs, nativeFromMs }: { unixMs: number; blockMinMs: number; nativeFromMs: number },
): BlockRecord {
  const durationMs = toMs - fromMs
  // Both were read at turns a little before and after the block.
  const lost = Math.max(0, Math.min(lostMs, durationMs - ranMs))
  const stacks = stacksOf(fromMs, toMs, samples, nativeFromMs)
  const longest = stacks.toSorted((a, b) => b.ms - a.ms)[0]
  const last = longest ? lastFrameOf(longest.frames) : null
  return {
    startedMs: unixMs - durationMs,
    durationMs,
    kind: kindOf(durationMs, lost, stacks, blockMinMs),
    lostMs: lost,
    function: last?.name ?? null,
    file: last?.file ?? null,
    line: last?.line ?? null,
    stacks,
  }
}

/** Each stack stands for the time since the one before; the last one for the rest too. Equal ones are one. */
function stacksOf(
  fromMs: number,
  toMs: number,
  samples: readonly Sample[],
  nativeFromMs: number,
): BlockStack[] {
  const stacks = new Map<string, BlockStack>()
  let beforeMs = fromMs
  samples.forEach(({ askedMs, atMs, lostMs, frames }, index) => {
    const untilMs = index === samples.length - 1 ? toMs : Math.min(atMs, toMs)
    const native = atMs - askedMs - lostMs >= nativeFromMs
    const key = `${native} ${frames.map(({ name, file, line }) => `${name} ${file} ${line}`).join('\n')}`
    const ms = Math.max(0, untilMs - beforeMs)
    const known = stacks.get(key)
    if (known) known.ms += ms
    else stacks.set(key, { ms, native, frames })
    beforeMs = untilMs
  })
  return [...stacks.values()]
}

function kindOf(durationMs: number, lostMs: number, stacks: readonly BlockStack[], minMs: number): BlockKind {
  if (durationMs - lostMs < minMs - 1) return 'starved'
  const nativeMs = stacks.reduce((sum, { native, ms }) => sum + (native ? ms : 0), 0)
  return stacks.length === 0 || nativeMs > durationMs / 2 ? 'native' : 'javascript'
}

export function countBlock(shared: Shared, { kind, durationMs }: BlockRecord): void {
  const view = new Float64Array(shared)
  const index = kinds.indexOf(kind)
  view[slots.blocks + index] = (view[slots.blocks + index] ?? 0) + 1
  view[slots.blockedMs + index] = (view[slots.blockedMs + index] ?? 0) + durationMs
}
