import { LRUCache } from 'lru-cache'

/** What one key has left of its window. */
export interface Taken {
  allowed: boolean
  limit: number
  remaining: number
  /** Whole seconds until the window ends, at least 1. */
  resetSeconds: number
}

export interface RateWindow {
  take(key: string): Taken
}

interface Window {
  endsAtMs: number
  used: number
}

/**
 * Counts in windows of fixed length that begin with a key's first request: all of a window's allowance may be used in a burst.
 * Kept in this process and bounded: with more keys at a time than `maxKeys` the one unused longest begins anew.
 */
export function makeRateWindow(options: {
  limit: number
  windowMs: number
  maxKeys: number
  now: () => number
}): RateWindow {
  const { limit, windowMs, now } = options
  const windows = new LRUCache<string, Window>({ max: options.maxKeys })
  return {
    take(key) {
      const nowMs = now()
      let window = windows.get(key)
      if (window === undefined || nowMs >= window.endsAtMs) {
        window = { endsAtMs: nowMs + windowMs, used: 0 }
        windows.set(key, window)
      }
      const allowed = window.used < limit
      if (allowed) window.used++
      return {
        allowed,
        limit,
        remaining: limit - window.used,
        resetSeconds: Math.max(1, Math.ceil((window.endsAtMs - nowMs) / 1000)),
      }
    },
  }
}
