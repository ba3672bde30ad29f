import type { Stacks } from './stacks.ts'

/** What the live page and the HTML file draw: frames once each, and stacks of their indexes from the root, with value, route and worker. */
export interface ViewerProfile {
  type: string
  /** Every value that the profile has, of which `type` is shown. */
  types: string[]
  unit: string
  startedMs: number
  durationMs: number
  frames: { name: string; file: string; line: number }[]
  stacks: { frames: number[]; value: number; route: string; worker: string }[]
}

export function viewerProfileOf(
  { stacks, type, unit, startedMs, durationMs }: Stacks,
  types: string[],
): ViewerProfile {
  const frames: ViewerProfile['frames'] = []
  const indexes = new Map<string, number>()
  return {
    type,
    types,
    unit,
    startedMs,
    durationMs,
    frames,
    stacks: stacks.map((stack) => ({
      frames: stack.frames.map((frame) => {
        const key = `${frame.name}\n${frame.file}\n${frame.line}`
        let index = indexes.get(key)
        if (index === undefined) {
          index = frames.length
          indexes.set(key, index)
          frames.push(frame)
        }
        return index
      }),
      value: stack.value,
      route: stack.labels.route ?? '',
      worker: stack.labels.worker ?? '',
    })),
  }
}
