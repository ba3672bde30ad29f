import type { Static } from 'typebox'
import type { QueueView } from '../../queue/manage.ts'
import { estimatedWaitSeconds, type Pass, type Standing } from '../../queue/model.ts'
import type { QueueTokens } from '../queue-tokens.ts'
import type { PositionBody, QueueBody, QueueStatusBody } from '../schemas/queue.ts'
import { instant } from './instant.ts'

type PositionView = Static<typeof PositionBody>

export function waitingView(eventId: string, standing: Standing): PositionView {
  return {
    event_id: eventId,
    state: 'waiting',
    position: standing.position,
    total_in_queue: standing.total,
    estimated_wait_seconds: estimatedWaitSeconds(standing),
    is_ready: false,
    paused_by: standing.pausedBy,
  }
}

export function preQueueView(eventId: string, opensAtMs: number, total: number): PositionView {
  return {
    event_id: eventId,
    state: 'pre_queue',
    position: 0,
    total_in_queue: total,
    estimated_wait_seconds: null,
    is_ready: false,
    paused_by: 'not_on_sale',
    opens_at: instant(opensAtMs),
  }
}

/** A pass is signed each time it is shown: equal passes have equal tokens. */
export function readyView(tokens: QueueTokens, eventId: string, userId: string, pass: Pass): PositionView {
  return {
    event_id: eventId,
    state: 'ready',
    position: 0,
    total_in_queue: 0,
    estimated_wait_seconds: 0,
    is_ready: true,
    paused_by: null,
    queue_pass: tokens.signPass(eventId, userId, pass),
    queue_pass_expires_at: instant(pass.expiresAtMs),
  }
}

export function statusView({ settings, ...queue }: QueueView): Static<typeof QueueStatusBody> {
  return {
    event_id: settings.eventId,
    total_in_queue: queue.waiting,
    is_open: settings.state === 'open',
    state: settings.state,
    release_rate: settings.releaseRatePerSecond,
    released: queue.released,
    paused_by: queue.pausedBy,
    required: queue.required,
    pre_queue: settings.preQueue,
    draw: queue.draw,
  }
}

export function queueView({ settings, ...queue }: QueueView): Static<typeof QueueBody> {
  return {
    event_id: settings.eventId,
    release_rate_per_second: settings.releaseRatePerSecond,
    max_size: settings.maxSize,
    state: settings.state,
    required: queue.required,
    max_active_passes: settings.maxActivePasses,
    pre_queue: settings.preQueue,
    waiting: queue.waiting,
    released: queue.released,
    active_passes: queue.activePasses,
    paused_by: queue.pausedBy,
    draw: queue.draw,
  }
}
