/**
 * The virtual waiting room of an event. Places come from a counter; the rate lets people in from its front; whoever is let in
 * holds a pass for a few minutes, which a reservation uses up. Times are epoch milliseconds of Redis's clock.
 */

/** `paused`: people join and nobody is let in. `closed`: nobody joins, and those who wait are let in. */
export type QueueState = 'open' | 'paused' | 'closed'

/** What an operator sets. */
export interface QueueSettings {
  eventId: string
  releaseRatePerSecond: number
  /** People who may wait at a time. */
  maxSize: number
  state: QueueState
  /** Passes that may be valid at a time; null: any number. */
  maxActivePasses: number | null
  /** Whether those who come before the opening are put in random order at the opening. */
  preQueue: boolean
  /** Key of the draw, 64 hex digits; a secret until the draw. */
  drawKey: string
  /** Orders the changes: the seat store keeps the newest. */
  version: number
}

/** The right to reserve once. The store's key is the authority, a signed token its proof. */
export interface Pass {
  id: string
  expiresAtMs: number
}

/** A pass names the place that it was given for and the time it ends: `<seq>.<epoch ms>`. */
export function passOf(id: string): Pass {
  return { id, expiresAtMs: Number(id.slice(id.indexOf('.') + 1)) }
}

/** Why nobody is let in just now. */
export type PausedBy = 'organizer' | 'backlog' | 'load' | 'not_on_sale' | 'draw' | 'cap'

/** The sequence number of a place and when it was taken, as a join token carries them. */
export interface Place {
  seq: number
  joinedAtMs: number
}

/** A place in the queue as it is now. `position` counts from 1. */
export interface Standing extends Place {
  position: number
  total: number
  releaseRatePerSecond: number
  pausedBy: PausedBy | null
}

/** Seconds until somebody is let in, at the rate that is set; null while nobody is. */
export function estimatedWaitSeconds(standing: Omit<Standing, 'seq' | 'joinedAtMs'>): number | null {
  const { pausedBy, position, releaseRatePerSecond } = standing
  if (pausedBy !== null && pausedBy !== 'cap' && pausedBy !== 'draw') return null
  return Math.ceil(position / releaseRatePerSecond)
}
