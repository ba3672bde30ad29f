import { type CallFrame, callFrameOf, labelFrames } from './call-frame.ts'
import type { Frame, Stacks } from './stacks.ts'

/** HeapProfiler.SamplingHeapProfileNode of the DevTools protocol. */
interface Node {
  callFrame: CallFrame
  selfSize: number
  id: number
  children: Node[]
}

/** Chrome DevTools' .heapprofile, for values in bytes. Workers and routes are frames at the root. */
export function heapprofileOf({ stacks }: Stacks): string {
  let lastId = 0
  const known = new Map<string, Node>()
  const make = (frame: Frame): Node => ({
    callFrame: callFrameOf(frame),
    selfSize: 0,
    id: ++lastId,
    children: [],
  })
  const head = make({ name: '(root)', file: '', line: 0 })
  const samples: { size: number; nodeId: number; ordinal: number }[] = []
  for (const { frames, value, labels } of stacks) {
    let node = head
    for (const frame of [...labelFrames(labels), ...frames]) {
      const key = `${node.id}\n${frame.name}\n${frame.file}\n${frame.line}`
      let child = known.get(key)
      if (!child) {
        child = make(frame)
        known.set(key, child)
        node.children.push(child)
      }
      node = child
    }
    node.selfSize += value
    samples.push({ size: value, nodeId: node.id, ordinal: samples.length + 1 })
  }
  return JSON.stringify({ head, samples })
}
