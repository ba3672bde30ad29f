import { type CallFrame, callFrameOf, labelFrames } from './call-frame.ts'
import type { Frame, Stacks } from './stacks.ts'

interface Node {
  id: number
  callFrame: CallFrame
  hitCount: number
  children: number[]
}

/**
 * Chrome DevTools' .cpuprofile. A merged profile has no order of samples any more, so they are laid out stack by stack: the flame graph
 * and the sums are right, the time line is not one. Workers and routes are frames at the root.
 */
export function cpuprofileOf({ stacks, unit, startedMs }: Stacks): string {
  const nodes: Node[] = []
  const childIds = new Map<string, number>()
  const enter = (parent: Node | null, frame: Frame): Node => {
    const key = `${parent?.id ?? 0}\n${frame.name}\n${frame.file}\n${frame.line}`
    const known = childIds.get(key)
    if (known) return nodes[known - 1] as Node
    const node: Node = { id: nodes.length + 1, callFrame: callFrameOf(frame), hitCount: 0, children: [] }
    nodes.push(node)
    childIds.set(key, node.id)
    parent?.children.push(node.id)
    return node
  }
  const root = enter(null, { name: '(root)', file: '', line: 0 })
  const perMicrosecond = unit === 'nanoseconds' ? 1000 : 1
  const samples: number[] = []
  const timeDeltas: number[] = []
  // A delta is the time before its sample.
  let sinceLast = 0
  for (const { frames, value, labels } of stacks) {
    let node = root
    for (const frame of [...labelFrames(labels), ...frames]) node = enter(node, frame)
    node.hitCount++
    samples.push(node.id)
    timeDeltas.push(Math.round(sinceLast))
    sinceLast = value / perMicrosecond
  }
  samples.push(root.id)
  timeDeltas.push(Math.round(sinceLast))
  const startTime = Math.round(startedMs * 1000)
  const total = timeDeltas.reduce((sum, delta) => sum + delta, 0)
  return JSON.stringify({ nodes, startTime, endTime: startTime + total, samples, timeDeltas })
}
