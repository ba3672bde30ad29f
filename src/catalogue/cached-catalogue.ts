import { LRUCache } from 'lru-cache'
import type { CatalogueEvent } from './model.ts'
import type { Catalogue, CatalogueStore } from './ports.ts'

const MAX_EVENTS = 2000
/** Ids and slugs that nothing is known by; anybody can ask for any, so they are few and soon forgotten. */
const MAX_ABSENT = 10_000

interface Entry {
  event: CatalogueEvent
  loadedAtMs: number
  /** When the last load began, whether it came to something or not. */
  triedAtMs: number
}

/**
 * The catalogue in memory. An event is loaded when it is first asked for and again, by whoever asks, from half its
 * time on; until it is `ttlMs` old nobody waits for that. One load is in flight for one key. While the store is
 * away, or slow, the old event is served, so that reservations go on: the seat store refuses one that was priced by
 * an old version.
 * @throws what the store throws, when there is no old event to serve
 */
export function makeCachedCatalogue(deps: {
  store: CatalogueStore
  ttlMs: number
  /** A clock that never goes back. */
  nowMs: () => number
}): Catalogue {
  const { store, ttlMs, nowMs } = deps
  const refreshAfterMs = ttlMs / 2
  const entries = new LRUCache<string, Entry>({ max: MAX_EVENTS })
  const absent = new LRUCache<string, number>({ max: MAX_ABSENT })
  const loads = new Map<string, Promise<CatalogueEvent | null>>()
  const nextLoads = new Map<string, Promise<CatalogueEvent | null>>()

  function load(key: string): Promise<CatalogueEvent | null> {
    const running = loads.get(key)
    if (running) return running
    const startedAtMs = nowMs()
    const known = entries.peek(key)
    if (known) known.triedAtMs = startedAtMs
    const loading = store
      .find(key)
      .then((event) => remember(key, event, startedAtMs))
      .finally(() => loads.delete(key))
    loads.set(key, loading)
    return loading
  }

  function remember(key: string, event: CatalogueEvent | null, atMs: number): CatalogueEvent | null {
    if (event === null) {
      entries.delete(key)
      absent.set(key, atMs)
      return null
    }
    for (const name of [event.id, event.slug]) {
      absent.delete(name)
      const known = entries.peek(name)
      // A load by slug and one by id may end in the other order than they read.
      if (known && known.event.version > event.version) continue
      entries.set(name, { event, loadedAtMs: atMs, triedAtMs: atMs })
    }
    return event
  }

  return {
    async get(idOrSlug) {
      const entry = entries.get(idOrSlug)
      const now = nowMs()
      if (!entry) {
        const absentAtMs = absent.get(idOrSlug)
        if (absentAtMs !== undefined && now - absentAtMs < ttlMs) return null
        return load(idOrSlug)
      }
      const ageMs = now - entry.loadedAtMs
      if (ageMs < refreshAfterMs) return entry.event

      const triedLately = now - entry.triedAtMs < refreshAfterMs
      const loading = triedLately ? loads.get(idOrSlug) : load(idOrSlug)
      const fromStore = loading?.catch(() => entry.event)
      const waitForIt = ageMs >= ttlMs && (triedLately || entry.triedAtMs === now)
      return waitForIt && fromStore ? fromStore : entry.event
    },

    refresh(eventId) {
      const running = loads.get(eventId)
      if (!running) return load(eventId)
      // The running load may have read before the change that the caller has seen signs of.
      const queued = nextLoads.get(eventId)
      if (queued) return queued
      const loadAgain = () => {
        nextLoads.delete(eventId)
        return load(eventId)
      }
      const next = running.then(loadAgain, loadAgain)
      nextLoads.set(eventId, next)
      return next
    },
  }
}
