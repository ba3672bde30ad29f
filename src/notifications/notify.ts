import { type EventHandler, PoisonEvent, type ReceivedEvent } from '../pipeline/consumer-ports.ts'
import type { Notice, Notifier } from './notifier.ts'

const kinds: Readonly<Record<string, Notice['kind']>> = {
  'booking.confirmed': 'confirmed',
  // A refund that was asked for, and that of a cancelled event.
  'booking.refunded': 'refunded',
}

/** The events that a buyer hears of. */
export const NOTICE_TYPES: ReadonlySet<string> = new Set(Object.keys(kinds))

/** Tells the buyer of every booking that was confirmed or refunded; other events need no word. */
export function makeNotify(notifier: Notifier): EventHandler {
  return async (event) => {
    const kind = kinds[event.type]
    if (kind) await notifier.tell(noticeOf(kind, event))
  }
}

function noticeOf(
  kind: Notice['kind'],
  { eventId, bookingId, occurredAtMs, data, traceparent }: ReceivedEvent,
): Notice {
  const text = (name: string) => {
    const value = data[name]
    if (typeof value !== 'string') throw new PoisonEvent(`data.${name} is not text`)
    return value
  }
  const integer = (name: string) => {
    const value = data[name]
    if (!Number.isSafeInteger(value)) throw new PoisonEvent(`data.${name} is not a whole number`)
    return value as number
  }
  return {
    kind,
    noticeId: eventId,
    occurredAtMs,
    bookingId,
    userId: text('user_id'),
    eventId: text('event_id'),
    quantity: integer('quantity'),
    totalPriceMinor: integer('total_price_minor'),
    currency: text('currency'),
    confirmationCode: text('confirmation_code'),
    traceparent,
  }
}
