import type { BesideSide } from './side.ts'
import { watchBlocks } from './watch-blocks.ts'

/** Work that goes on beside the main thread of each process: what watches it must not wait for it. @returns how to end it */
export type BesideBackground = (side: BesideSide) => () => void | Promise<void>

/** One line for each. */
export const background: readonly BesideBackground[] = [watchBlocks]
