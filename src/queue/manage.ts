import type { Catalogue } from '../catalogue/ports.ts'
import { commitmentOf } from './draw.ts'
import type { LiveQueue, LiveQueues, QueueChange, QueueSettingsStore, StoredQueue } from './ports.ts'

/** A queue as an operator sees it. */
export interface QueueView extends LiveQueue {
  settings: StoredQueue
  /** Whether reservations of the event need a pass. */
  required: boolean
  draw: Draw
}

/** What is public of the pre-queue's draw. */
export interface Draw {
  commitment: string
  /** null until the draw. */
  key: string | null
}

/** Looks at queues and changes their settings while people wait in them. */
export interface ManageQueue {
  /** null: there is no such event */
  view(eventId: string): Promise<QueueView | null>
  /** PostgreSQL first, then the seat store; the watcher of queues repeats what could not be brought there. */
  change(eventId: string, change: QueueChange): Promise<QueueView | null>
}

const nobody: LiveQueue = { waiting: 0, released: 0, activePasses: 0, pausedBy: null, drawn: false }

export function makeManageQueue(deps: {
  catalogue: Catalogue
  queues: LiveQueues
  settings: QueueSettingsStore
}): ManageQueue {
  const { catalogue, queues, settings } = deps

  async function view(eventId: string, known?: StoredQueue): Promise<QueueView | null> {
    const event = await catalogue.get(eventId)
    if (!event) return null
    const stored = known ?? (await settings.find(eventId))
    const live = (await queues.look(eventId)) ?? { ...nobody, drawn: stored.drawn }
    const draw = { commitment: commitmentOf(stored.drawKey), key: live.drawn ? stored.drawKey : null }
    return { ...live, settings: stored, required: event.queueRequired, draw }
  }

  return {
    view: (eventId) => view(eventId),
    async change(eventId, change) {
      if (!(await catalogue.get(eventId))) return null
      const stored = await settings.change(eventId, change)
      await queues.configure(stored)
      return view(eventId, stored)
    },
  }
}
