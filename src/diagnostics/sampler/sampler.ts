/**
 * The one owner of V8's CPU sampler in a process. Whoever wants samples takes a lease; while there is one, sampling goes on in windows
 * without a gap, and every window is delivered to everybody who subscribed. A capture turns the window over at its beginning and its end,
 * so a profile of any interval is the merge of whole windows, and who listens all the time loses nothing by it.
 */

import { limits } from '../limits.ts'
import { pause } from '../pause.ts'
import { measured } from '../process/measure.ts'
import { Refusal } from '../refusal.ts'
import { type Engine, loadEngine } from './engine.ts'
import { makeStalls } from './stalls.ts'

export interface Window {
  /** Unix time. */
  startedMs: number
  endedMs: number
  /** pprof, not compressed: sample types sample/count, wall/nanoseconds, cpu/nanoseconds; label `route` and whatever else was set. */
  profile: Uint8Array<ArrayBuffer>
  rateHertz: number
  /** What turning it over cost the main thread: the longer of two turns of the event loop, and the CPU of both. */
  stallMs: number
  cpuMs: number
  peakBytes: number
}

export interface Lease {
  readonly intervalMicros: number
  release(): void
}

export type Sampler = ReturnType<typeof makeSampler>

export function makeSampler(load: () => Promise<Engine> = loadEngine) {
  const listeners = new Set<(window: Window) => void>()
  let engine: Engine | null = null
  const leases: Lease[] = []
  let startedMs = 0
  let slowdown = 1
  let sampledMicros = 0
  let timer: NodeJS.Timeout | undefined
  let stuck = 0
  let rotations = 0
  const stalls = makeStalls()
  let lost = 0
  let lostWhy: unknown
  /** Of windows that have ended, in their order; never rejected, so that one that fails takes no other with it. */
  let delivered: Promise<void> = Promise.resolve()

  /** The finest that anybody wants, as far as the governor allows it. */
  const wantedMicros = () => slowdown * Math.min(...leases.map(({ intervalMicros }) => intervalMicros))

  function begin(intervalMicros: number): void {
    if (!engine) return
    if (engine.isStarted()) {
      const message = 'another part of this process owns the CPU sampler'
      throw new Refusal({ status: 409, code: 'sampler_in_use', message })
    }
    sampledMicros = slowdown * intervalMicros
    engine.start(sampledMicros)
    startedMs = Date.now()
    timer = setTimeout(rotate, limits.windowMaxMs)
    timer.unref()
  }

  function end(goOn: boolean): void {
    if (!engine) return
    const { stop } = engine
    clearTimeout(timer)
    const nextMicros = goOn ? wantedMicros() : 0
    const sameRate = sampledMicros === nextMicros
    const endedMs = Date.now()
    const stopped = measured(() => {
      const encode = stop(goOn && sameRate)
      if (goOn && !sameRate) engine?.start(nextMicros)
      return encode
    })
    if (engine.isStuck()) stuck++
    rotations++
    deliver(stopped, { startedMs, endedMs, rateHertz: 1e6 / sampledMicros })
    sampledMicros = nextMicros
    startedMs = endedMs
    if (goOn) {
      timer = setTimeout(rotate, limits.windowMaxMs)
      timer.unref()
    }
  }

  /** In a turn of its own: what waits meanwhile waits for the longer of two, not for both. */
  function deliver(
    { value: encode, cost }: ReturnType<typeof measured<() => Uint8Array<ArrayBuffer>>>,
    window: Pick<Window, 'startedMs' | 'endedMs' | 'rateHertz'>,
  ): void {
    // Those of now: who subscribes later did not ask for this window.
    const to = [...listeners]
    delivered = delivered
      .then(nextTurn)
      .then(() => {
        const { value: profile, cost: more } = measured(encode)
        const stallMs = Math.max(cost.stallMs, more.stallMs)
        stalls.add(stallMs)
        const cpuMs = cost.cpuMs + more.cpuMs
        const peakBytes = cost.peakBytes + more.peakBytes
        for (const listener of to) tell(listener, { ...window, profile, stallMs, cpuMs, peakBytes })
      })
      .catch(lose)
  }

  function tell(listener: (window: Window) => void, window: Window): void {
    try {
      listener(window)
    } catch (error) {
      lose(error)
    }
  }

  function lose(why: unknown): void {
    lost++
    lostWhy = why
  }

  /** Ends the window, which every subscriber gets soon, and begins the next. @returns when it ended, Unix time; 0 where nothing samples */
  function rotate(): number {
    if (leases.length === 0 || sampledMicros === 0) return 0
    end(true)
    return startedMs
  }

  /**
   * Sampling goes on until every lease is released; a finer interval than that of the others holds from the next window on.
   *
   * @throws Refusal sampler_in_use
   */
  async function acquire(intervalMicros: number): Promise<Lease> {
    engine ??= await load()
    if (leases.length === 0) begin(intervalMicros)
    const lease: Lease = {
      intervalMicros,
      release() {
        const at = leases.indexOf(lease)
        if (at < 0) return
        leases.splice(at, 1)
        if (leases.length === 0) end(false)
      },
    }
    leases.push(lease)
    return lease
  }

  function subscribe(listener: (window: Window) => void): () => void {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }

  /** The windows that together are the time from now on. @throws the signal's reason, Refusal sampler_in_use, why one could not be made */
  async function collect(forMs: number, signal: AbortSignal): Promise<Window[]> {
    signal.throwIfAborted()
    const windows: Window[] = []
    const lease = await acquire(limits.captureIntervalMicros)
    // What was sampled before belongs to those who listen already.
    if (leases.length > 1) rotate()
    const lostBefore = lost
    const unsubscribe = subscribe((window) => windows.push(window))
    try {
      await pause(forMs, signal)
    } finally {
      lease.release()
      // The others go on, at their own rate.
      rotate()
      unsubscribe()
    }
    await delivered
    if (windows.length === 0 && lost > lostBefore) throw lostWhy
    return windows
  }

  return {
    acquire,
    rotate,
    subscribe,
    collect,
    /** Samples so many times less often than is wanted, from the next window on. */
    setSlowdown(next: number): void {
      slowdown = next
    },
    /** 0 while nothing samples. */
    rateHertz: () => (sampledMicros > 0 ? 1e6 / sampledMicros : 0),
    /** Since the start of the process; the library makes metrics of it. */
    counts: () => ({ rotations, lost, stuck, stalls }),
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

let shared: Sampler | undefined

/** V8 has one sampler in a process, however often the library is mounted there. */
export function sharedSampler(): Sampler {
  shared ??= makeSampler()
  return shared
}
