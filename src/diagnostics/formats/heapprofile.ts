import type { Budget } from './budget.ts'
import { type CallFrame, makeLabelFrames } from './call-frame.ts'
import { makeNodes } from './nodes.ts'
import type { Stacks } from './stacks.ts'

/** HeapProfiler.SamplingHeapProfileNode of the DevTools protocol. */
interface Node {
  callFrame: CallFrame
  selfSize: number
  id: number
  children: Node[]
}

/** Chrome DevTools' .heapprofile, for values in bytes. Workers and routes are frames at the root. */
export function heapprofileOf({ stacks }: Stacks, budget: Budget): string {
  const labelFrames = makeLabelFrames()
  const enter = makeNodes<Node>(budget, (id, callFrame, parent) => {
    const node: Node = { callFrame, selfSize: 0, id, children: [] }
    parent?.children.push(node)
    return node
  })
  const head = enter(null, { name: '(root)', file: '', line: 0 })
  const samples: { size: number; nodeId: number; ordinal: number }[] = []
  for (const { frames, value, labels } of stacks) {
    let node = head
    for (const frame of [...labelFrames(labels), ...frames]) node = enter(node, frame)
    node.selfSize += value
    samples.push({ size: value, nodeId: node.id, ordinal: samples.length + 1 })
  }
  return JSON.stringify({ head, samples })
}
