import {
  type ConsumedEvents,
  type EventHandler,
  PoisonEvent,
  type ReceivedEvent,
  type Verdict,
} from './consumer-ports.ts'
import { Interrupted, pause, pauseMsAfter, persevere, within } from './patience.ts'
import type { Slots } from './slots.ts'
import { Unavailable } from './unavailable.ts'

/** Something that arrived: an event, or why it is none. */
export interface Arrival {
  event: ReceivedEvent | PoisonEvent
}

export const CONSUME_OUTCOMES = ['worked', 'duplicate', 'older', 'ignored', 'dead'] as const
export type ConsumeOutcome = (typeof CONSUME_OUTCOMES)[number]

export interface ConsumeObserver {
  consumed(outcome: ConsumeOutcome): void
  /** An attempt failed; it is made again, or the event was given up. */
  failed(error: unknown): void
}

export interface ConsumeRules {
  /** Types that there is work for; null: all. The others are passed over, and no memory is kept of them. */
  types: ReadonlySet<string> | null
  /** Ignore events of a version before the last that the group has seen of the booking. */
  ignoreOlder: boolean
  /** Failures of one event, other than Unavailable, after which it is given up. */
  maxAttempts: number
  attemptTimeoutMs: number
}

/**
 * Works on what arrived from one partition: events of one booking in order, those of different bookings at a time as the slots allow.
 * What the group has worked on before is dropped. Unavailable is waited out however long it lasts: an outage is not poison.
 *
 * @returns how many, from the first on, are done with and need not arrive again. Fewer than all only after the signal
 */
export type Consume<A extends Arrival> = (arrivals: readonly A[], signal: AbortSignal) => Promise<number>

export function makeConsume<A extends Arrival>(deps: {
  group: string
  rules: ConsumeRules
  handler: EventHandler
  consumed: ConsumedEvents
  /** Puts an event aside for a person to look at. */
  giveUp: (arrival: A, verdict: Verdict) => Promise<void>
  slots: Slots
  observer: ConsumeObserver
}): Consume<A> {
  const { group, rules, handler, consumed, giveUp, slots, observer } = deps

  /** @returns null when it was worked on, else why it is given up. @throws Interrupted */
  async function work(event: ReceivedEvent, signal: AbortSignal): Promise<Verdict | null> {
    let attempts = 0
    let firstFailedAtMs = 0
    for (let failures = 0; ; failures++) {
      try {
        await slots(() => {
          if (signal.aborted) throw new Interrupted()
          return within(
            rules.attemptTimeoutMs,
            handler(event),
            () => new Unavailable(`an answer to ${event.type}`),
          )
        })
        return null
      } catch (error) {
        if (error instanceof Interrupted) throw error
        observer.failed(error)
        firstFailedAtMs ||= Date.now()
        if (!(error instanceof Unavailable)) attempts++
        if (error instanceof PoisonEvent || attempts >= rules.maxAttempts) {
          return { reason: reasonOf(error), attempts, firstFailedAtMs }
        }
      }
      await pause(pauseMsAfter(failures), signal)
      if (signal.aborted) throw new Interrupted()
    }
  }

  return async (arrivals, signal) => {
    const done = new Set<A>()
    const worked: ReceivedEvent[] = []

    /** One booking's events, in order. */
    async function lane(members: readonly Known<A>[]): Promise<void> {
      const ids = new Set<string>()
      let lastVersion = Math.max(...members.map((member) => member.lastVersion))
      for (const { arrival, isKnown } of members) {
        if (signal.aborted) return
        const { event } = arrival
        const outcome = await decide(arrival, isKnown || ids.has(eventIdOf(event)), lastVersion)
        if (outcome === 'worked' && !(event instanceof PoisonEvent)) {
          worked.push(event)
          ids.add(event.eventId)
          lastVersion = Math.max(lastVersion, event.version)
        }
        observer.consumed(outcome)
        done.add(arrival)
      }
    }

    async function decide(arrival: A, isKnown: boolean, lastVersion: number): Promise<ConsumeOutcome> {
      const { event } = arrival
      const isPoison = event instanceof PoisonEvent
      if (!isPoison && !isWanted(event)) return 'ignored'
      if (isKnown) return 'duplicate'
      if (!isPoison && rules.ignoreOlder && event.version < lastVersion) return 'older'
      const verdict = isPoison
        ? { reason: event.message, attempts: 0, firstFailedAtMs: Date.now() }
        : await work(event, signal)
      if (verdict === null) return 'worked'
      await persevere(() => giveUp(arrival, verdict), signal, observer.failed)
      return 'dead'
    }

    try {
      const known = await persevere(() => lookUp(arrivals), signal, observer.failed)
      const lanes = Map.groupBy(known, ({ arrival }) => laneOf(arrival.event)).values()
      await Promise.all([...lanes].map((members) => lane(members).catch(ignoreInterruption)))
      await persevere(() => consumed.mark(group, worked, rules.ignoreOlder), signal, observer.failed)
    } catch (error) {
      ignoreInterruption(error)
      // What could not be written down is worked on again.
      return 0
    }
    const firstLeft = arrivals.findIndex((arrival) => !done.has(arrival))
    return firstLeft === -1 ? arrivals.length : firstLeft
  }

  function isWanted(event: ReceivedEvent): boolean {
    return rules.types?.has(event.type) ?? true
  }

  async function lookUp(arrivals: readonly A[]): Promise<Known<A>[]> {
    const events = arrivals.flatMap(({ event }) =>
      event instanceof PoisonEvent || !isWanted(event) ? [] : [event],
    )
    const answers = await consumed.look(group, events)
    const memory = new Map(events.map((event, i) => [event, answers[i]]))
    return arrivals.map((arrival) => {
      const answer = arrival.event instanceof PoisonEvent ? undefined : memory.get(arrival.event)
      return { arrival, isKnown: answer?.isKnown ?? false, lastVersion: answer?.lastVersion ?? 0 }
    })
  }
}

interface Known<A> {
  arrival: A
  isKnown: boolean
  lastVersion: number
}

function laneOf(event: ReceivedEvent | PoisonEvent): string {
  return event instanceof PoisonEvent ? '' : event.bookingId
}

function eventIdOf(event: ReceivedEvent | PoisonEvent): string {
  return event instanceof PoisonEvent ? '' : event.eventId
}

function ignoreInterruption(error: unknown): void {
  if (!(error instanceof Interrupted)) throw error
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
