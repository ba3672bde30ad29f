/**
 * What a process has begun and not ended: requests, commands, waits for a pool. Beginning and ending cost a small object each and no
 * clock but performance.now(); without the library mounted they cost a comparison.
 */
import type { Labels } from './labels.ts'
import { limits } from './limits.ts'

export interface Flight {
  kind: string
  name: string
  labels: Labels | undefined
  /** By performance.now(). */
  startedMs: number
}

const flights = new Set<Flight>()
let counting = 0
let untracked = 0

/** Something has begun. @returns what to call when it has ended, once or more often */
export function track(kind: string, name: string, labels?: Labels): () => void {
  if (counting === 0) return nothing
  if (flights.size >= limits.flightsMax) {
    untracked++
    return nothing
  }
  const flight: Flight = { kind, name, labels, startedMs: performance.now() }
  flights.add(flight)
  return () => void flights.delete(flight)
}

/** The oldest first: a Set keeps the order in which they began. */
export function inFlight(): Iterable<Flight> {
  return flights
}

/** How many were not taken down because there were too many, since the start. */
export function untrackedFlights(): number {
  return untracked
}

/** For the library, while it is mounted. @returns how to end it */
export function countFlights(): () => void {
  counting++
  return () => {
    counting--
    if (counting === 0) flights.clear()
  }
}

function nothing(): void {}
