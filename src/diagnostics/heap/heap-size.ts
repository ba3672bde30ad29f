import { freemem, totalmem } from 'node:os'
import { getHeapSpaceStatistics, queryObjects } from 'node:v8'

/** What a snapshot's cost depends on. Bytes. */
export interface HeapSize {
  /** Objects of usual size: a snapshot makes a node of each and an edge of each reference. */
  smallBytes: number
  /** Objects that have pages of their own: long strings, arrays of numbers. */
  largeBytes: number
  externalBytes: number
  rssBytes: number
  /** What the process may still take before its control group or the machine is full. */
  availableBytes: number
}

export function heapSize(): HeapSize {
  let smallBytes = 0
  let largeBytes = 0
  for (const { space_name, space_used_size } of getHeapSpaceStatistics()) {
    // Of the embedded snapshot, and in no snapshot of ours.
    if (space_name === 'read_only_space') continue
    if (space_name.includes('large_object')) largeBytes += space_used_size
    else smallBytes += space_used_size
  }
  const { rss: rssBytes, external: externalBytes } = process.memoryUsage()
  return { smallBytes, largeBytes, externalBytes, rssBytes, availableBytes: availableBytes(rssBytes) }
}

/** Without a limit Node gives 0 or a number that no machine has. */
function availableBytes(rssBytes: number): number {
  const limit = process.constrainedMemory()
  const ofGroup =
    limit > 0 && limit < totalmem() ? Math.min(process.availableMemory(), limit - rssBytes) : freemem()
  return Math.max(0, Math.min(ofGroup, freemem()))
}

/** How many objects there are: a full collection and a walk of the heap, some third of what a snapshot takes. */
export function countObjects(): number {
  return queryObjects(Object, { format: 'count' }) as unknown as number
}
