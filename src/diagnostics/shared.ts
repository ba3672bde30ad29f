/**
 * Numbers that a process's main thread and the thread beside it both see at once, also while the main thread is blocked and no message
 * passes. One name for each; a number is written and read whole.
 */
export const slots = {
  /** Free for the first who needs one. */
  reserved: 0,
} as const

export const SLOTS = 32

export type Shared = SharedArrayBuffer

export function makeShared(): Shared {
  return new SharedArrayBuffer(SLOTS * Float64Array.BYTES_PER_ELEMENT)
}
