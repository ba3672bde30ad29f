/** Whether one zone of an event has most of what is asked for: then its neighbours sell nothing, and its buyers wait for each other. */
import type { Reserve, ReserveOutcome } from '../booking/reserve.ts'
import type { CatalogueEvent } from '../catalogue/model.ts'

interface Asked {
  asked: number
  refused: number
}

/** One second of an event, by zone. */
type Second = Map<string, Asked>

interface Hottest extends Asked {
  event: CatalogueEvent
  zones: number
  name: string
  zoneId: string
  /** Of all zones of the event. */
  all: number
}

export interface HotZone {
  watch(reserve: Reserve, catalogue: { get(eventId: string): Promise<CatalogueEvent | null> }): Reserve
  /** Share of the zone that is asked for most, of what its event is asked for; 0 where there is no choice, or hardly anything. */
  percent(): number
  /** In a sentence; empty where there is none. */
  explain(): string
}

const SECONDS = 5
/** Fewer than so many in that time say nothing. */
const LEAST = 100
/** More at a time are not looked at. */
const EVENTS_MAX = 100
const NAME_CHARACTERS = 80

export function makeHotZone(now: () => number = () => performance.now()): HotZone {
  const events = new Map<string, { event: CatalogueEvent | null; seconds: Map<number, Second> }>()

  /** Seconds that are over are forgotten, and events that nobody asks for. */
  function secondOf(eventId: string): Second | null {
    const at = Math.floor(now() / 1000)
    const known = events.get(eventId)
    const second = known?.seconds.get(at)
    if (second) return second
    if (!known) {
      forget(at)
      if (events.size >= EVENTS_MAX) return null
    }
    const { event, seconds } = known ?? { event: null, seconds: new Map<number, Second>() }
    if (!known) events.set(eventId, { event, seconds })
    for (const old of seconds.keys()) if (old <= at - SECONDS) seconds.delete(old)
    const made: Second = new Map()
    seconds.set(at, made)
    return made
  }

  function forget(at: number): void {
    for (const [eventId, { seconds }] of events) {
      const isOld = [...seconds.keys()].every((second) => second <= at - SECONDS)
      if (isOld) events.delete(eventId)
    }
  }

  function count(eventId: string, zoneId: string, outcome: ReserveOutcome): void {
    const second = secondOf(eventId)
    if (!second) return
    const zone = second.get(zoneId) ?? { asked: 0, refused: 0 }
    zone.asked++
    if (outcome.kind !== 'reserved') zone.refused++
    second.set(zoneId, zone)
  }

  function hottest(): Hottest | null {
    let found: Hottest | null = null
    const oldest = Math.floor(now() / 1000) - SECONDS
    for (const { event, seconds } of events.values()) {
      if (!event) continue
      const zones = event.shows.flatMap((show) => show.zones)
      const sums = new Map<string, Asked>()
      for (const [at, second] of seconds) {
        if (at <= oldest) continue
        for (const [zoneId, { asked, refused }] of second) {
          const sum = sums.get(zoneId) ?? { asked: 0, refused: 0 }
          sums.set(zoneId, { asked: sum.asked + asked, refused: sum.refused + refused })
        }
      }
      const all = [...sums.values()].reduce((total, { asked }) => total + asked, 0)
      for (const [zoneId, sum] of sums) {
        const name = zones.find(({ id }) => id === zoneId)?.name ?? ''
        if (all < LEAST || zones.length < 2 || (found && found.asked >= sum.asked)) continue
        found = { ...sum, event, zones: zones.length, name, zoneId, all }
      }
    }
    return found
  }

  return {
    watch: (reserve, catalogue) => async (command) => {
      const outcome = await reserve(command)
      // What is not there is nobody's zone: ids that callers make up are not kept.
      if (outcome.kind === 'event_not_found' || outcome.kind === 'zone_not_found') return outcome
      count(command.eventId, command.zoneId, outcome)
      const known = events.get(command.eventId)
      if (known && !known.event) known.event = await catalogue.get(command.eventId).catch(() => null)
      return outcome
    },
    percent() {
      const zone = hottest()
      return zone ? (100 * zone.asked) / zone.all : 0
    },
    explain() {
      const zone = hottest()
      if (!zone) return ''
      const { name, zoneId, event, zones, asked, all, refused } = zone
      const share = (part: number, of: number) => `${Math.round((100 * part) / of)} %`
      return (
        `The zone ${quoted(name)} (${zoneId}) of ${quoted(event.name)} (${event.id}), one of ${zones}, had ` +
        `${share(asked, all)} of the ${all} reservations that its event was asked for in ${SECONDS} s; ` +
        `${share(refused, asked)} of them were refused.`
      )
    },
  }
}

/** Names are what organizers write. */
function quoted(name: string): string {
  return JSON.stringify(name.slice(0, NAME_CHARACTERS))
}
