import { composeQueueApi } from '../../src/compose/queue.ts'
import { makeQueueSettings } from '../../src/postgres/queue-settings.ts'
import type { Place } from '../../src/queue/model.ts'
import type { QueueChange } from '../../src/queue/ports.ts'
import { type AdmittanceSettings, makeAdmittance, makeLiveQueues } from '../../src/redis/queue-admittance.ts'
import { makeListening } from '../../src/redis/queue-listening.ts'
import type { TestService } from '../support/service.ts'

/** A time for the scripts to begin at: past every sale's opening. */
export const NOON = Date.UTC(2026, 5, 1, 12)

/** The queue of one event over a test's stores; nothing runs by itself. */
export function openQueue(service: TestService, eventId: string, more: Partial<AdmittanceSettings> = {}) {
  const { stores, core, config, metrics } = service
  const log = { warn() {}, error() {} } as never
  const api = composeQueueApi(config, stores, core, metrics, log, () => false)
  const { useCases } = api
  const admittance = makeAdmittance(stores.redis, {
    passTtlMs: 300_000,
    streamMaxEntries: 1000,
    listenMs: 60_000,
    ...more,
  })
  const settings = makeQueueSettings(stores.database, { releaseRatePerSecond: 500, maxSize: 1000 })
  return {
    ...useCases,
    admittance,
    listening: makeListening(stores.redis),
    settings,
    queues: makeLiveQueues(stores.redis),
    change: (change: QueueChange) => useCases.manage.change(eventId, change),
    joinAs: (userId: string, claim: Place | null = null) => useCases.join({ eventId, userId, claim }),

    /** Joins and expects a place. */
    async standing(userId: string, claim: Place | null = null) {
      const outcome = await useCases.join({ eventId, userId, claim })
      if (outcome.kind !== 'waiting') throw new Error(`expected a place, got ${outcome.kind}`)
      return outcome.standing
    },

    async position(userId: string): Promise<number> {
      const reply = await useCases.places.position(eventId, userId)
      if (reply.kind !== 'waiting') throw new Error(`expected a place, got ${reply.kind}`)
      return reply.standing.position
    },

    /** Lets in whoever the rate allows. @returns how many */
    async release(): Promise<number> {
      let released = 0
      for (;;) {
        const result = await admittance.release(eventId)
        released += result?.released ?? 0
        if (!result?.more) return released
      }
    },

    /** The pass of somebody who was let in. */
    async pass(userId: string) {
      const reply = await useCases.places.position(eventId, userId)
      if (reply.kind !== 'ready') throw new Error(`expected a pass, got ${reply.kind}`)
      return reply.pass
    },
  }
}
