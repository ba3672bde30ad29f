import type { Budget } from './budget.ts'
import { type CallFrame, makeLabelFrames } from './call-frame.ts'
import { makeNodes } from './nodes.ts'
import type { Stacks } from './stacks.ts'

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
export function cpuprofileOf({ stacks, unit, startedMs }: Stacks, budget: Budget): string {
  const nodes: Node[] = []
  const labelFrames = makeLabelFrames()
  const enter = makeNodes<Node>(budget, (id, callFrame, parent) => {
    const node: Node = { id, callFrame, hitCount: 0, children: [] }
    nodes.push(node)
    parent?.children.push(id)
    return node
  })
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
