import { type Budget, JSON_CHARACTER_BYTES } from './budget.ts'
import { makeFrameIndexes } from './frame-indexes.ts'
import type { Stacks } from './stacks.ts'

/** What the live page and the HTML file draw: frames once each, and stacks of their indexes from the root, with value, route and worker. */
export interface ViewerProfile {
  type: string
  /** Every value that the profile has, of which `type` is shown. */
  types: string[]
  unit: string
  startedMs: number
  durationMs: number
  frames: readonly { name: string; file: string; line: number }[]
  stacks: { frames: number[]; value: number; route: string; worker: string }[]
}

/** Of one stack, without its frames. */
const STACK_BYTES = 200

export function viewerProfileOf(
  { stacks, type, unit, startedMs, durationMs }: Stacks,
  types: string[],
  budget: Budget,
): ViewerProfile {
  const { frames, indexOf } = makeFrameIndexes(budget)
  return {
    type,
    types,
    unit,
    startedMs,
    durationMs,
    frames,
    stacks: stacks.map((stack) => {
      const { route = '', worker = '' } = stack.labels
      budget.spend(STACK_BYTES + JSON_CHARACTER_BYTES * (route.length + worker.length))
      return { frames: stack.frames.map(indexOf), value: stack.value, route, worker }
    }),
  }
}
