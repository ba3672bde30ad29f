/**
 * Numbers that a process's main thread and the thread beside it both see at once, also while the main thread is blocked and no message
 * passes. One name for each; a number is written and read whole.
 */
export const slots = {
  /** Free for the first who needs one. */
  reserved: 0,
  /** Monotonic time of the last heartbeat of the main thread; 0 while it gives none. */
  beatMs: 16,
  /** Blocks of the event loop that the main thread saw the end of, and from when to when the last of them were: a ring of pairs. */
  lateBeats: 17,
  lateBeatsRing: 18,
  /** Blocks of the event loop, and their time, by kind: javascript, native, starved. */
  blocks: 26,
  blockedMs: 29,
} as const

export const SLOTS = 32

export type Shared = SharedArrayBuffer

export function makeShared(): Shared {
  return new SharedArrayBuffer(SLOTS * Float64Array.BYTES_PER_ELEMENT)
}
