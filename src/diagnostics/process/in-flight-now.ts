import { inFlight, untrackedFlights } from '../in-flight.ts'
import { limits } from '../limits.ts'
import { withoutSecrets } from '../without-secrets.ts'

export const ages = ['< 100 ms', '< 1 s', '< 10 s', '< 60 s', '≥ 60 s'] as const
const boundsMs = [100, 1000, 10_000, 60_000]

export interface Group {
  kind: string
  name: string
  age: string
  count: number
}

export interface Listed {
  kind: string
  name: string
  ageMs: number
  labels: unknown
}

export interface InFlight {
  atMs: number
  /** By kind, name and age; what Node itself has open is of the kind `node`, without an age. */
  groups: Group[]
  /** The oldest, one by one. */
  oldest: Listed[]
  /** Begun since the start, and in no list because there were too many. */
  untracked: number
}

/** What is begun and not ended in this process, now. */
export function inFlightNow(list: boolean): InFlight {
  const nowMs = performance.now()
  const groups = new Map<string, Group>()
  const oldest: Listed[] = []
  const add = (kind: string, name: string, age: string, key = `${kind}\n${name}\n${age}`) => {
    const known = groups.get(key)
    if (known) known.count++
    else if (groups.size < limits.flightGroupsMax) groups.set(key, { kind, name, age, count: 1 })
    else if (name !== OTHERS) add(kind, OTHERS, age, `${OTHERS}\n${kind}\n${age}`)
  }
  for (const { kind, name, labels, startedMs } of inFlight()) {
    const ageMs = nowMs - startedMs
    const shown = name.slice(0, limits.labelMaxCharacters)
    add(kind, shown, ageOf(ageMs))
    if (list && oldest.length < limits.flightsListed)
      oldest.push({ kind, name: shown, ageMs, labels: withoutSecrets(labels) })
  }
  for (const type of process.getActiveResourcesInfo()) add('node', type, '')
  return { atMs: Date.now(), groups: [...groups.values()], oldest, untracked: untrackedFlights() }
}

const OTHERS = '(others)'

function ageOf(ageMs: number): string {
  const index = boundsMs.findIndex((bound) => ageMs < bound)
  return ages.at(index) ?? ages[0]
}
