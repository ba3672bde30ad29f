/**
 * Says when the process has more to do than it can. Three signals, each for a queue that would otherwise grow out of sight:
 * events that wait for the loop, requests that wait for a store, and reservations that wait for PostgreSQL.
 */
import { makeLoopDelay } from './loop-delay.ts'
import { makeThreshold } from './threshold.ts'

export type Overload = 'event_loop' | 'in_flight' | 'backlog'

/** What is refused, and when: endings give seats back or settle money, so they are refused last and never for the backlog. */
export type Work = 'new' | 'reserve' | 'ending'

export interface LoadMonitor {
  /** Why new work is refused now; null: it is not. */
  overload(): Overload | null
  /** Why work of this kind is refused now. */
  refuses(work: Work): Overload | null
  /** A request was let in, and is done or its caller is gone. */
  entered(): void
  left(): void
  inFlight(): number
  /** How late the event loop is in every one of its last turns, ms. */
  loopDelayMs(): number
  start(): void
  stop(): void
}

export interface LoadLimits {
  loopDelayMs: number
  maxInFlight: number
  /**
   * Of all partitions together: what Redis can hold for PostgreSQL. One stream's own limit is in reserve.lua, so that an event whose
   * stream is full does not stop the others.
   */
  backlogMaxEntries: number
}

/** Calls `look` every so many milliseconds; gives what ends that. */
export type Every = (ms: number, look: () => void) => () => void

/** A turn of the loop that is shorter than this is not late at all, and a longer one is late by what it is longer. */
const LOOK_MS = 20
const BACKLOG_LOOK_MS = 250
/** Endings are refused at so many times the limits of new work. */
const ENDINGS = { loopDelay: 4, inFlight: 2 }
/** Shares of a limit at which work is let in again. */
const RELEASE = { loopDelay: 0.5, inFlight: 0.8, backlog: 0.8 }

const everyUnref: Every = (ms, look) => {
  const timer = setInterval(look, ms).unref()
  return () => clearInterval(timer)
}

/**
 * @param readBacklog unwritten reservations. When it fails the last value is forgotten: a
 *   store that is away refuses by itself, and what was known of it says nothing about now
 */
export function makeLoadMonitor(
  limits: LoadLimits,
  readBacklog: () => Promise<number>,
  { now = () => performance.now(), every = everyUnref }: { now?: () => number; every?: Every } = {},
): LoadMonitor {
  const loopDelay = makeLoopDelay()
  const pairOf = (limit: number, times: number, release: number) => ({
    new: makeThreshold(limit, release),
    ending: makeThreshold(limit * times, release),
  })
  const late = pairOf(limits.loopDelayMs, ENDINGS.loopDelay, RELEASE.loopDelay)
  const crowded = pairOf(limits.maxInFlight, ENDINGS.inFlight, RELEASE.inFlight)
  const behind = makeThreshold(limits.backlogMaxEntries, RELEASE.backlog)
  let inFlight = 0
  let backlog = 0
  let reading = false
  let stops: (() => void)[] = []

  function watchLoop(): () => void {
    let dueMs = now() + LOOK_MS
    return every(LOOK_MS, () => {
      const nowMs = now()
      loopDelay.looked(nowMs - dueMs)
      dueMs = nowMs + LOOK_MS
    })
  }

  async function lookAtBacklog(): Promise<void> {
    if (reading) return
    reading = true
    backlog = await readBacklog().catch(() => 0)
    reading = false
  }

  function crowdedOrLate(work: 'new' | 'ending'): Overload | null {
    if (late[work](loopDelay.standingMs())) return 'event_loop'
    return crowded[work](inFlight) ? 'in_flight' : null
  }

  return {
    overload: () => crowdedOrLate('new') ?? (behind(backlog) ? 'backlog' : null),
    refuses(work) {
      switch (work) {
        case 'ending':
          return crowdedOrLate('ending')
        case 'new':
          return crowdedOrLate('new')
        case 'reserve':
          return crowdedOrLate('new') ?? (behind(backlog) ? 'backlog' : null)
        default:
          return work satisfies never
      }
    },
    entered: () => void inFlight++,
    left: () => void inFlight--,
    inFlight: () => inFlight,
    loopDelayMs: () => loopDelay.standingMs(),
    start() {
      if (stops.length === 0) stops = [watchLoop(), every(BACKLOG_LOOK_MS, () => void lookAtBacklog())]
    },
    stop() {
      for (const stop of stops.splice(0)) stop()
    },
  }
}
