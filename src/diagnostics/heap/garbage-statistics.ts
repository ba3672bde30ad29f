import { constants, PerformanceObserver } from 'node:perf_hooks'
import { limits } from '../limits.ts'

export interface GarbageOfKind {
  count: number
  totalMs: number
  longestMs: number
}

export interface GarbageStatistics {
  /** Unix time from which collections were seen: that of the first question. */
  sinceMs: number
  all: Record<string, GarbageOfKind>
  lastMinute: Record<string, GarbageOfKind>
}

const kinds = new Map<unknown, string>([
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakcb'],
])

interface Seen {
  atMs: number
  kind: string
  durationMs: number
}

let watching: { sinceMs: number; all: Map<string, GarbageOfKind>; recent: Seen[] } | null = null

/** The collections of this process. Nothing is watched before the first question. */
export function garbageStatistics(): GarbageStatistics {
  watching ??= watch()
  const { sinceMs, all, recent } = watching
  const lastMinute = new Map<string, GarbageOfKind>()
  const fromMs = Date.now() - 60_000
  for (const { atMs, kind, durationMs } of recent) if (atMs >= fromMs) add(lastMinute, kind, durationMs)
  return { sinceMs, all: Object.fromEntries(all), lastMinute: Object.fromEntries(lastMinute) }
}

function watch() {
  const state = { sinceMs: Date.now(), all: new Map<string, GarbageOfKind>(), recent: [] as Seen[] }
  const observer = new PerformanceObserver((list) => {
    for (const { duration, detail } of list.getEntries() as unknown as {
      duration: number
      detail?: { kind?: number }
    }[]) {
      const kind = kinds.get(detail?.kind) ?? 'other'
      add(state.all, kind, duration)
      state.recent.push({ atMs: Date.now(), kind, durationMs: duration })
    }
    if (state.recent.length > limits.garbageMaxEvents)
      state.recent.splice(0, state.recent.length - limits.garbageMaxEvents)
  })
  observer.observe({ entryTypes: ['gc'] })
  return state
}

function add(to: Map<string, GarbageOfKind>, kind: string, durationMs: number): void {
  const { count, totalMs, longestMs } = to.get(kind) ?? { count: 0, totalMs: 0, longestMs: 0 }
  to.set(kind, {
    count: count + 1,
    totalMs: totalMs + durationMs,
    longestMs: Math.max(longestMs, durationMs),
  })
}
