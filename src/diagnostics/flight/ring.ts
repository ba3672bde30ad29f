/** What the server thread remembers of every process: compressed windows and seconds, the oldest forgotten first. */
import type { Second, SlowRequest } from './news.ts'

export interface KeptWindow {
  worker: number
  startedMs: number
  endedMs: number
  rateHertz: number
  stallMs: number
  cpuMs: number
  /** pprof, gzip. */
  profile: Uint8Array
  slowest: SlowRequest[]
}

export interface KeptSecond extends Second {
  worker: number
}

export interface RingBounds {
  bytesMax: number
  ageMaxMs: number
}

/** As much as an entry takes beside its bytes and texts, reckoned generously: objects and numbers. */
const SECOND_BYTES = 500
const GAUGE_BYTES = 30
const ROUTE_BYTES = 120
const WINDOW_BYTES = 500
const REQUEST_BYTES = 160

export type Ring = ReturnType<typeof makeRing>

/** All processes share the bound. */
export function makeRing(bounds: RingBounds, now: () => number = Date.now) {
  let windows: KeptWindow[] = []
  let seconds: KeptSecond[] = []
  let bytes = 0

  function forget(): void {
    const oldestMs = now() - bounds.ageMaxMs
    let window = windows[0]
    let second = seconds[0]
    while (window && (window.endedMs < oldestMs || bytes > bounds.bytesMax)) {
      // Of both kinds the older, so that what is left is of one time.
      if (second && second.atMs < window.endedMs) {
        dropSecond()
        second = seconds[0]
        continue
      }
      bytes -= sizeOfWindow(window)
      windows = windows.slice(1)
      window = windows[0]
    }
    while (second && (second.atMs < oldestMs || bytes > bounds.bytesMax)) {
      dropSecond()
      second = seconds[0]
    }
  }

  function dropSecond(): void {
    const [first] = seconds
    if (first) bytes -= sizeOfSecond(first)
    seconds = seconds.slice(1)
  }

  return {
    addWindow(window: KeptWindow): void {
      bytes += sizeOfWindow(window)
      windows.push(window)
      forget()
    },
    addSecond(second: KeptSecond): void {
      bytes += sizeOfSecond(second)
      seconds.push(second)
      forget()
    },
    /** Windows that reach into the time from then on. */
    windowsSince: (sinceMs: number) => windows.filter(({ endedMs }) => endedMs > sinceMs),
    secondsSince: (sinceMs: number) => seconds.filter(({ atMs }) => atMs > sinceMs),
    bytes: () => bytes,
  }
}

function sizeOfWindow({ profile, slowest }: KeptWindow): number {
  const requests = slowest.map(
    ({ route, traceId }) => REQUEST_BYTES + sizeOfText(route) + sizeOfText(traceId),
  )
  return WINDOW_BYTES + profile.byteLength + sum(requests)
}

function sizeOfSecond({ gauges, routes }: KeptSecond): number {
  const texts = routes.map(({ route }) => ROUTE_BYTES + sizeOfText(route))
  return SECOND_BYTES + Object.keys(gauges).length * GAUGE_BYTES + sum(texts)
}

/** V8 takes two bytes for each character where it must for one of them. */
function sizeOfText(text = ''): number {
  return Buffer.byteLength(text) === text.length ? text.length : 2 * text.length
}

function sum(sizes: readonly number[]): number {
  return sizes.reduce((bytes, size) => bytes + size, 0)
}
