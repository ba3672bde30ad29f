import type { HttpDeps } from '../../src/http/deps.ts'
import { makeQueueTokens } from '../../src/http/queue-tokens.ts'
import type { QueueView } from '../../src/queue/manage.ts'
import type { Standing } from '../../src/queue/model.ts'

/** Everybody waits at place 3 of 9; a test replaces what it is about. */
export function fakeQueue(eventId: string): Pick<HttpDeps, 'queue' | 'queueTokens' | 'streams'> {
  const standing: Standing = {
    seq: 12,
    joinedAtMs: Date.UTC(2026, 0, 1),
    position: 3,
    total: 9,
    releaseRatePerSecond: 500,
    pausedBy: null,
  }
  const view: QueueView = {
    waiting: 9,
    released: 9,
    activePasses: 2,
    pausedBy: null,
    drawn: false,
    required: true,
    draw: { commitment: 'c'.repeat(64), key: null },
    settings: {
      eventId,
      releaseRatePerSecond: 500,
      maxSize: 1000,
      state: 'open',
      maxActivePasses: null,
      preQueue: false,
      drawKey: 'd'.repeat(64),
      version: 1,
      seq: 12,
      served: 9,
      drawn: false,
    },
  }
  return {
    queue: {
      join: async () => ({ kind: 'waiting', standing }),
      places: {
        join: async () => ({ kind: 'waiting', standing }),
        position: async () => ({ kind: 'waiting', standing }),
        leave: async () => true,
      },
      manage: { view: async () => view, change: async () => view },
      live: { listen: () => ({ end() {} }), listeners: () => 0, tick: async () => {} },
    },
    queueTokens: makeQueueTokens('a secret for the queues of these tests', 3600),
    streams: { dropped() {}, count() {} },
  }
}
