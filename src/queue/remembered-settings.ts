import { LRUCache } from 'lru-cache'
import { Unavailable } from '../pipeline/unavailable.ts'
import type { QueueSettingsStore, StoredQueue } from './ports.ts'

const MAX_QUEUES = 2000

/**
 * Settings from memory, at most `ttlMs` old: the status of a queue is asked for far more often than it is changed. While
 * PostgreSQL is away the old ones are shown.
 */
export function rememberSettings(
  store: QueueSettingsStore,
  ttlMs: number,
  nowMs: () => number,
): QueueSettingsStore {
  const known = new LRUCache<string, { queue: StoredQueue; atMs: number }>({ max: MAX_QUEUES })

  function remember(queue: StoredQueue): StoredQueue {
    known.set(queue.eventId, { queue, atMs: nowMs() })
    return queue
  }

  return {
    async find(eventId) {
      const entry = known.get(eventId)
      if (entry && nowMs() - entry.atMs < ttlMs) return entry.queue
      try {
        return remember(await store.find(eventId))
      } catch (error) {
        if (entry && error instanceof Unavailable) return entry.queue
        throw error
      }
    },
    change: async (eventId, change) => remember(await store.change(eventId, change)),
    checkpoint: (eventId, checkpoint) => store.checkpoint(eventId, checkpoint),
  }
}
