/** Every capture there is, in the order of the index. */
import { allocs } from './allocs.ts'
import { block } from './block.ts'
import type { Capture } from './capture.ts'
import { gc } from './gc.ts'
import { heap } from './heap.ts'
import { heapsnapshot } from './heapsnapshot.ts'
import { profile } from './profile.ts'
import { report } from './report.ts'
import { stacks } from './stacks.ts'

export const captures: readonly Capture[] = [profile, heap, allocs, block, stacks, heapsnapshot, report, gc]
