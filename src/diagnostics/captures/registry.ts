/** Every capture there is, in the order of the index. */
import { allocs } from './allocs.ts'
import type { Capture } from './capture.ts'
import { heap } from './heap.ts'
import { profile } from './profile.ts'

export const captures: readonly Capture[] = [profile, heap, allocs]
