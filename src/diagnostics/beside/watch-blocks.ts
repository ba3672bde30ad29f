import { limits } from '../limits.ts'
import { monotonicMs } from '../monotonic.ts'
import { slots } from '../shared.ts'
import type { BesideBackground } from './background.ts'
import { blockRecord, countBlock, type Sample } from './block-record.ts'
import { type BlockRing, makeBlockRing } from './block-ring.ts'
import { type LostTime, makeLostTime } from './lost-time.ts'
import { type MainStack, makeMainStack } from './main-stack.ts'
import type { BesideSide } from './side.ts'

export interface Watch {
  stack: MainStack
  blocks: BlockRing
  /** How old the last heartbeat is: a block, when it is much older than its interval. */
  silentMs(): number
  /** The stacks of the block that goes on now. */
  samples(): readonly Sample[]
}

const watches = new WeakMap<BesideSide, Watch>()

/** @throws Error before the watch has begun: captures are answered after that */
export function watchOf(side: BesideSide): Watch {
  const watch = watches.get(side)
  if (!watch) throw new Error('the main thread is not watched')
  return watch
}

/** Watches the heartbeat of the main thread, takes stacks while it is silent, and keeps a record of every block. */
export const watchBlocks: BesideBackground = (side) => {
  const view = new Float64Array(side.shared)
  const stack = makeMainStack()
  const blocks = makeBlockRing({ maxRecords: limits.blockRecordsMax, maxBytes: limits.blockRecordsMaxBytes })
  const lostTime = makeLostTime()
  let lost: LostTime = lostTime()
  /** Up to where lost time was told in a record, or fell in a time without a block. */
  let told = lost
  let seen = view[slots.lateBeats] ?? 0
  let samples: Sample[] = []
  let nextAtMs: number = limits.blockSuspectMs
  let asking = false

  stack.open()
  const timer = setInterval(turn, limits.blockPollMs)
  watches.set(side, { stack, blocks, silentMs, samples: () => samples })

  function silentMs(): number {
    const beatMs = view[slots.beatMs] ?? 0
    return beatMs === 0 ? 0 : Math.max(0, monotonicMs() - beatMs)
  }

  function turn(): void {
    lost = lostTime()
    const late = view[slots.lateBeats] ?? 0
    // A look that was asked for during the block comes with what its end was seen in.
    if (late > seen && !asking) record(late)
    const forMs = silentMs()
    if (forMs < limits.blockSuspectMs) {
      if (!asking && late === seen) forget()
    } else if (forMs >= nextAtMs && !asking && samples.length < limits.blockSamplesMax) {
      nextAtMs = Math.max(nextAtMs * limits.blockSampleGrowth, forMs)
      void look()
    }
  }

  function forget(): void {
    samples = []
    nextAtMs = limits.blockSuspectMs
    told = lost
  }

  async function look(): Promise<void> {
    asking = true
    const askedMs = monotonicMs()
    const before = lostTime()
    try {
      const found = await stack.look()
      lost = lostTime()
      if (found.frames.length > 0) samples.push({ ...found, askedMs, lostMs: lost.lostMs - before.lostMs })
    } catch {
      // A block without a stack is still a block.
    } finally {
      asking = false
    }
  }

  function record(late: number): void {
    const first = Math.max(seen, late - limits.lateBeatsKept)
    const unixMs = Date.now() - monotonicMs()
    for (let index = first; index < late; index++) {
      const at = slots.lateBeatsRing + 2 * (index % limits.lateBeatsKept)
      const [fromMs = 0, toMs = 0] = [view[at], view[at + 1]]
      const within = samples.filter(({ askedMs, atMs }) => askedMs >= fromMs && atMs <= toMs)
      const own = blockRecord(
        { fromMs, toMs, lostMs: lost.lostMs - told.lostMs, ranMs: lost.ranMs - told.ranMs, samples: within },
        {
          unixMs: unixMs + toMs,
          blockMinMs: limits.blockMinMs,
          nativeFromMs: limits.nativeFromMs,
        },
      )
      blocks.add(own)
      countBlock(side.shared, own)
      samples = samples.filter(({ askedMs }) => askedMs >= toMs)
      told = lost
    }
    seen = late
    if (samples.length === 0) nextAtMs = limits.blockSuspectMs
  }

  return () => {
    clearInterval(timer)
    watches.delete(side)
    stack.close()
  }
}
