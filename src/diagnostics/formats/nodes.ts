import type { Budget } from './budget.ts'
import { type CallFrame, callFrameOf } from './call-frame.ts'
import { makeFrameIndexes } from './frame-indexes.ts'
import type { Frame } from './stacks.ts'

/** Of one node with its key, and of each character that JSON has for its frame. */
const NODE_BYTES = 300
const WRITTEN_BYTES = 2

/**
 * The nodes of DevTools' trees: one for each frame below each other node.
 *
 * @param make a node that was not there, numbered from 1 on
 * @returns the node of a frame below another one
 */
export function makeNodes<N extends { id: number }>(
  budget: Budget,
  make: (id: number, callFrame: CallFrame, parent: N | null) => N,
): (parent: N | null, frame: Frame) => N {
  const { indexOf } = makeFrameIndexes(budget)
  const callFrames = new Map<number, { callFrame: CallFrame; jsonBytes: number }>()
  const nodes = new Map<string, N>()

  function describedOf(index: number, frame: Frame) {
    let described = callFrames.get(index)
    if (!described) {
      const callFrame = callFrameOf(frame)
      described = { callFrame, jsonBytes: WRITTEN_BYTES * JSON.stringify(callFrame).length }
      callFrames.set(index, described)
    }
    return described
  }

  return (parent, frame) => {
    const index = indexOf(frame)
    const key = `${parent?.id ?? 0} ${index}`
    let node = nodes.get(key)
    if (!node) {
      const { callFrame, jsonBytes } = describedOf(index, frame)
      budget.spend(NODE_BYTES + jsonBytes)
      node = make(nodes.size + 1, callFrame, parent)
      nodes.set(key, node)
    }
    return node
  }
}
