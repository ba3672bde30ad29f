/**
 * A place that one process fills, for as long as the supervisor runs:
 *
 *     empty ── launch ──▶ starting ── it says ready ──▶ running ── told to stop ──▶ stopped
 *                          ▲    │                         │
 *                          │    │ ended, failed, late     │ ended
 *                pause over│    ▼                         ▼
 *                          └─ waiting ◀───────────────────┘
 *
 * The first start is different: when it fails, the place stays empty and whoever asked for it is told. From then on a place is never
 * given up: the pause before the next start doubles with every death in a row, up to the longest, and is the first one again after a process
 * that ran for a while. A replacement is a start beside a running process: only when the new one is ready does it have the place, and the old
 * one is told to stop; when it does not get ready, the old one goes on. There is one start at a time.
 */
import { type BackOff, pauseAfter } from './back-off.ts'
import type { Member } from './member.ts'

export type PlaceState = 'empty' | 'starting' | 'running' | 'waiting' | 'stopped'

export interface PlaceOptions {
  /** For people: `api 1`. */
  name: string
  launch: () => Member
  /** A process that is not ready after so long is killed. */
  startTimeoutMs: number
  /** How much longer than its order says a process may take to stop, before it is killed. */
  killGraceMs: number
  backOff: BackOff
  observer: PlaceObserver
}

export interface PlaceObserver {
  ready(place: string, pid: number): void
  /** A process ended that should not have, or did not get ready; another one is started after `pauseMs`. */
  died(place: string, pid: number, how: string, pauseMs: number): void
  /** It did not stop in time and is killed. */
  late(place: string, pid: number): void
}

export type Filled = { kind: 'ready'; address: string | null } | { kind: 'failed'; why: string }

export interface Place {
  name: string
  /** The first start. */
  fill(): Promise<Filled>
  /** A new process for the old one. `failed`: the old one goes on, or another start is tried later. */
  replace(order: { drainMs: number; withinMs: number }): Promise<Filled>
  /** Starts nothing any more: what ends from now on is not replaced. */
  close(): void
  /** Stops what is there, and starts nothing any more. */
  stop(withinMs: number): Promise<void>
  kill(): void
  look(): { name: string; state: PlaceState; pid: number | null; deaths: number }
}

export function makePlace(options: PlaceOptions): Place {
  const { name, launch, startTimeoutMs, killGraceMs, backOff, observer } = options
  /** Every process of this place that has not ended: one, or two in a replacement. */
  const living = new Set<Member>()
  let current: Member | null = null
  let starting: Promise<Filled> | null = null
  let stopping = false
  let waiting = false
  let deathsInRow = 0
  let deaths = 0
  let wake = () => {}

  function start(): Promise<Filled> {
    if (stopping) return Promise.resolve({ kind: 'failed', why: 'it is being stopped' })
    starting ??= startOne().finally(() => {
      starting = null
    })
    return starting
  }

  async function startOne(): Promise<Filled> {
    let member: Member
    try {
      member = launch()
    } catch (error) {
      return { kind: 'failed', why: error instanceof Error ? error.message : String(error) }
    }
    living.add(member)
    void member.ended.then(() => living.delete(member))
    const outcome = await within(startTimeoutMs, member.outcome, null)
    if (outcome?.kind !== 'ready') {
      // One that said why is about to end by itself.
      if (outcome === null || !(await within(killGraceMs, isEnded(member), false))) member.kill()
      await member.ended
      return outcome ?? { kind: 'failed', why: `it was not ready within ${startTimeoutMs} ms` }
    }
    current = member
    observer.ready(name, member.pid)
    void watch(member)
    return outcome
  }

  async function watch(member: Member): Promise<void> {
    const readyMs = performance.now()
    const how = await member.ended
    // Another one has its place by now, or this is the end of them all.
    if (current !== member || stopping) return
    current = null
    if (performance.now() - readyMs >= backOff.stableMs) deathsInRow = 0
    await refill(member.pid, how)
  }

  async function refill(pid: number, how: string): Promise<void> {
    let why = how
    while (current === null && !stopping) {
      deaths++
      const pauseMs = pauseAfter(deathsInRow++, backOff)
      observer.died(name, pid, why, pauseMs)
      await pause(pauseMs)
      // A replacement may have begun meanwhile: then this waits for it.
      if (current !== null || stopping) return
      const filled = await start()
      if (filled.kind === 'ready') return
      why = filled.why
    }
  }

  async function pause(ms: number): Promise<void> {
    waiting = true
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    waiting = false
  }

  async function end(member: Member, order: { drainMs: number; withinMs: number }): Promise<void> {
    member.stop(order)
    if (await within(order.withinMs + killGraceMs, isEnded(member), false)) return
    observer.late(name, member.pid)
    member.kill()
    await member.ended
  }

  function close(): void {
    stopping = true
    wake()
  }

  return {
    name,
    fill: start,
    async replace(order) {
      const old = current
      const filled = await start()
      if (filled.kind === 'ready' && old !== null && old !== current) await end(old, order)
      return filled
    },
    close,
    async stop(withinMs) {
      close()
      await Promise.all([...living].map((member) => end(member, { drainMs: 0, withinMs })))
    },
    kill() {
      close()
      for (const member of living) member.kill()
    },
    look() {
      const running = current === null ? 'empty' : 'running'
      const filling = starting !== null && current === null ? 'starting' : waiting ? 'waiting' : running
      return { name, state: stopping ? 'stopped' : filling, pid: current?.pid ?? null, deaths }
    },
  }
}

function isEnded(member: Member): Promise<boolean> {
  return member.ended.then(() => true)
}

async function within<T>(ms: number, promise: Promise<T>, late: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  try {
    return await Promise.race([
      promise,
      new Promise<T>((resolve) => {
        timer = setTimeout(resolve, ms, late)
      }),
    ])
  } finally {
    clearTimeout(timer)
  }
}
