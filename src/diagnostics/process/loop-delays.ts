import { monitorEventLoopDelay } from 'node:perf_hooks'

/** A reader that asks less often than this many others together sees the later ones. */
const PIECES_KEPT = 64

/** Milliseconds. */
export interface Delay {
  p50: number
  p99: number
  max: number
}

type Piece = Delay & { toMs: number }

export type LoopDelays = ReturnType<typeof makeLoopDelays>

/**
 * How late the event loop was, without a gap and for any number of readers. Node's histogram forgets the turn that is under way when it is
 * reset, so a block that ends as somebody reads, or begins just behind it, would be in no reading: here two of them overlap. And each reader
 * says up to when it knows, so that what one has read is not taken from another, and an answer that got lost is in the next one.
 *
 * @param resolutionMs of the timer that measures; each turn of it wakes the process
 */
export function makeLoopDelays(resolutionMs: number) {
  const measurement = () => monitorEventLoopDelay({ resolution: resolutionMs })
  let running = measurement()
  let spare = measurement()
  let pieces: Piece[] = []
  let turning: Promise<void> | null = null
  let stopped = false
  running.enable()
  // Until it has run once, Node takes it for something that keeps the loop alive.
  spare.enable()
  spare.disable()

  async function turn(): Promise<void> {
    const ended = running
    running = spare
    spare = ended
    running.reset()
    running.enable()
    // It measures from its first turn on, and counts with the second; until then the other one goes on.
    while (running.count === 0 && !stopped)
      await new Promise((resolve) => setTimeout(resolve, resolutionMs).unref())
    ended.disable()
    pieces = [...pieces, { toMs: performance.now(), ...delayOf(ended) }].slice(-PIECES_KEPT)
  }

  /** What is over the interval of the measurement's own timer is delay. */
  function delayOf(histogram: ReturnType<typeof measurement>): Delay {
    const at = (percentile: number) => Math.max(0, histogram.percentile(percentile) / 1e6 - resolutionMs)
    return histogram.count === 0 ? { p50: 0, p99: 0, max: 0 } : { p50: at(50), p99: at(99), max: at(100) }
  }

  return {
    /**
     * The worst of what was seen, up to a moment (two turns of the measurement) after the question.
     *
     * @param sinceMs `atMs` of the answer that the reader has; null for the last moment alone
     */
    async since(sinceMs: number | null): Promise<Delay & { atMs: number }> {
      turning ??= turn().finally(() => {
        turning = null
      })
      await turning
      const atMs = performance.now()
      const unread = sinceMs === null ? pieces.slice(-1) : pieces.filter(({ toMs }) => toMs > sinceMs)
      const worst = (of: (piece: Piece) => number) => Math.max(0, ...unread.map(of))
      return {
        p50: worst(({ p50 }) => p50),
        p99: worst(({ p99 }) => p99),
        max: worst(({ max }) => max),
        atMs,
      }
    },
    stop(): void {
      stopped = true
      for (const histogram of [running, spare]) histogram.disable()
    },
  }
}
