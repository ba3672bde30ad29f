/** Every capture there is, in the order of the index. */
import type { Capture } from './capture.ts'
import { profile } from './profile.ts'

export const captures: readonly Capture[] = [profile]
