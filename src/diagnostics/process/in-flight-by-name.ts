import { inFlight } from '../in-flight.ts'
import { limits } from '../limits.ts'

export interface Underway {
  kind: string
  name: string
  count: number
  oldestMs: number
}

/** What is begun and not ended, the most of it first. One walk over at most `flightsMax` entries; the rarest names may be left out. */
export function inFlightByName(): Underway[] {
  const nowMs = performance.now()
  const found = new Map<string, Underway>()
  for (const { kind, name, startedMs } of inFlight()) {
    const shown = name.slice(0, limits.labelMaxCharacters)
    const key = `${kind}\n${shown}`
    const known = found.get(key)
    // The first one of a name is the oldest: they come in the order in which they began.
    if (known) known.count++
    else if (found.size < limits.flightGroupsMax)
      found.set(key, { kind, name: shown, count: 1, oldestMs: nowMs - startedMs })
  }
  return mostFirst([...found.values()])
}

/** The same of several processes together. */
export function mergeUnderway(each: readonly (readonly Underway[])[]): Underway[] {
  const found = new Map<string, Underway>()
  for (const one of each.flat()) {
    const key = `${one.kind}\n${one.name}`
    const known = found.get(key)
    if (!known) found.set(key, { ...one })
    else {
      known.count += one.count
      known.oldestMs = Math.max(known.oldestMs, one.oldestMs)
    }
  }
  return mostFirst([...found.values()])
}

function mostFirst(all: Underway[]): Underway[] {
  return all.sort((a, b) => b.count - a.count || b.oldestMs - a.oldestMs).slice(0, limits.liveFlightsMax)
}
