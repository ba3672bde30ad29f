import type { Catalogue } from '../catalogue/ports.ts'
import { Unavailable } from '../pipeline/unavailable.ts'
import { drawScore } from './draw.ts'
import type { Place } from './model.ts'
import type { JoinReply, LiveQueues, Places, QueueSettingsStore } from './ports.ts'

export interface JoinCommand {
  eventId: string
  userId: string
  /** The place that a signed token of this user and event names. */
  claim: Place | null
}

export type JoinOutcome =
  | Exclude<JoinReply, { kind: 'score_needed' } | { kind: 'not_configured' }>
  | { kind: 'event_not_found' }

export type Join = (command: JoinCommand) => Promise<JoinOutcome>

/** Draw keys that are remembered; they never change. */
const MAX_KEYS = 1000

/**
 * Gives a person a place, or the one they have. Only when the seat store does not know the queue yet, or the draw's key is not
 * known here, is PostgreSQL asked.
 */
export function makeJoin(deps: {
  catalogue: Catalogue
  places: Places
  queues: LiveQueues
  settings: QueueSettingsStore
}): Join {
  const { catalogue, places, queues, settings } = deps
  const keys = new Map<string, string>()

  return async ({ eventId, userId, claim }) => {
    if (!(await catalogue.get(eventId))) return { kind: 'event_not_found' }
    // Each turn supplies what the store was missing; it asks for each thing once.
    for (let turn = 0; turn < 3; turn++) {
      const key = keys.get(eventId)
      const score = key === undefined ? null : drawScore(key, userId)
      const reply = await places.join(eventId, userId, claim, score)
      if (reply.kind !== 'score_needed' && reply.kind !== 'not_configured') return reply
      const stored = await settings.find(eventId)
      if (keys.size >= MAX_KEYS) keys.clear()
      keys.set(eventId, stored.drawKey)
      if (reply.kind === 'not_configured') await queues.configure(stored)
    }
    throw new Unavailable(`queue of event ${eventId}`)
  }
}
