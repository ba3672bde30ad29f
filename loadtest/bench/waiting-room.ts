import type { CatalogueEvent } from '../../src/catalogue/model.ts'
import { makeQueueSettings } from '../../src/postgres/queue-settings.ts'
import type { QueueChange } from '../../src/queue/ports.ts'
import { makeLiveQueues } from '../../src/redis/queue-admittance.ts'
import { makePlaces } from '../../src/redis/queue-places.ts'
import type { Stage } from './stage.ts'

/** Calls of a script under way at a time. */
const TOGETHER = 1000

/** The queue of a benchmark's event. */
export async function openWaitingRoom({ tools, config }: Stage, event: CatalogueEvent) {
  const queues = makeLiveQueues(tools.redis)
  const places = makePlaces(tools.redis)
  const settings = makeQueueSettings(tools.database, {
    releaseRatePerSecond: config.QUEUE_RELEASE_PER_SECOND,
    maxSize: config.QUEUE_MAX_SIZE,
  })
  const change = async (to: QueueChange) => queues.configure(await settings.change(event.id, to))
  await change({ state: 'paused' })

  return {
    change,
    look: () => queues.look(event.id),

    /** Joins users by number, from … to, and gives how many did a second. */
    async fill(nameOf: (index: number) => string, from: number, to: number): Promise<number> {
      const startedMs = performance.now()
      for (let i = from; i < to; i += TOGETHER) {
        const some = Array.from({ length: Math.min(TOGETHER, to - i) }, (_, n) => nameOf(i + n))
        const replies = await Promise.all(some.map((user) => places.join(event.id, user, null, null)))
        const refused = replies.find(({ kind }) => kind !== 'waiting')
        if (refused) throw new Error(`a join was answered ${refused.kind}`)
      }
      return (to - from) / ((performance.now() - startedMs) / 1000)
    },
  }
}

export type WaitingRoom = Awaited<ReturnType<typeof openWaitingRoom>>
