import type { ProcessSide } from '../process/side.ts'

/** Questions that waited for a blocked main thread come all at once: one turn is enough for them. */
const TOGETHER_MS = 50

/** Ends the running window for the recorder. @returns when it ended, Unix time; 0 where nothing samples */
export function makeRotate({ sampler, options }: ProcessSide): () => number {
  let endedMs = 0
  let turnedMs = Number.NEGATIVE_INFINITY
  return () => {
    if (!options.continuous) return 0
    if (performance.now() - turnedMs < TOGETHER_MS) return endedMs
    endedMs = sampler.rotate()
    turnedMs = performance.now()
    return endedMs
  }
}
