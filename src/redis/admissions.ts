import type { Hold } from '../booking/model.ts'
import type { Admission, AdmissionRequest, Admissions } from '../booking/ports.ts'
import { partitionOfEvent } from '../pipeline/partition.ts'
import { Unavailable } from '../pipeline/unavailable.ts'
import {
  dueKey,
  holdKey,
  holdsOfUserKey,
  idempotencyKey,
  inventoryKey,
  passesKey,
  passPrefix,
  streamKey,
  takenKey,
} from './keys.ts'
import type { RedisPool } from './redis-pool.ts'

export interface AdmissionSettings {
  /** Unwritten reservations in a partition at which new ones are refused. */
  streamMaxEntries: number
  idempotencyTtlSeconds: number
}

type Reply =
  | ['reserved', createdMs: string, expiresMs: string, available: string | number]
  | ['replayed', value: string, available: string]
  | ['stale_catalogue', version: string]
  | ['limit_exceeded', taken: number]
  | ['sold_out', available: string]
  | ['key_reused' | 'backlog_full' | 'not_loaded' | 'not_on_sale' | 'pass_required' | 'pass_unknown']

/** The seat store's way in: one call of reserve.lua for one reservation. */
export function makeAdmissions(redis: RedisPool, settings: AdmissionSettings): Admissions {
  return {
    async admit(request) {
      const { bookingId, userId, eventId } = request
      const partition = partitionOfEvent(eventId)
      const idempotencyHash = request.idempotencyHash ?? ''
      const reply = await redis.script(
        'reserve',
        {
          inventory: inventoryKey(eventId),
          taken: takenKey(eventId),
          hold: holdKey(bookingId),
          due: dueKey(partition),
          idempotency: idempotencyKey(eventId, userId, idempotencyHash),
          stream: streamKey(partition),
          holds_of_user: holdsOfUserKey(partition, userId),
          pass: passPrefix(eventId) + userId,
          passes: passesKey(eventId),
        },
        {
          booking_id: bookingId,
          user_id: userId,
          event_id: eventId,
          show_id: request.showId,
          zone_id: request.zoneId,
          quantity: request.quantity,
          unit_price_minor: request.unitPriceMinor,
          currency: request.currency,
          catalogue_version: request.catalogueVersion,
          max_tickets_per_user: request.maxTicketsPerUser,
          hold_ms: request.holdMs,
          stream_max_entries: settings.streamMaxEntries,
          idempotency_hash: idempotencyHash,
          idempotency_ttl_s: settings.idempotencyTtlSeconds,
          traceparent: request.traceparent ?? '',
          queue_required: request.queueRequired ? 1 : 0,
          pass_id: request.passId ?? '',
        },
      )
      return admissionOf(reply as Reply, request)
    },
  }
}

function admissionOf(reply: Reply, request: AdmissionRequest): Admission {
  switch (reply[0]) {
    case 'reserved':
      return {
        kind: 'reserved',
        hold: holdOf(request, Number(reply[1]), Number(reply[2])),
        remaining: Number(reply[3]),
      }
    case 'replayed':
      return {
        kind: 'replayed',
        hold: replayedHold(reply[1], request),
        remaining: Number(reply[2]),
      }
    case 'stale_catalogue':
      return { kind: 'stale_catalogue', version: Number(reply[1]) }
    case 'limit_exceeded':
      return { kind: 'limit_exceeded', taken: reply[1] }
    case 'sold_out':
      return { kind: 'sold_out', available: Number(reply[1]) }
    case 'not_loaded':
      throw new Unavailable(`inventory of event ${request.eventId} (not loaded)`)
    case 'key_reused':
    case 'backlog_full':
    case 'not_on_sale':
    case 'pass_required':
    case 'pass_unknown':
      return { kind: reply[0] }
    default:
      return reply satisfies never
  }
}

function holdOf(request: AdmissionRequest, createdAtMs: number, expiresAtMs: number): Hold {
  return {
    bookingId: request.bookingId,
    userId: request.userId,
    eventId: request.eventId,
    showId: request.showId,
    zoneId: request.zoneId,
    quantity: request.quantity,
    unitPriceMinor: request.unitPriceMinor,
    currency: request.currency,
    createdAtMs,
    expiresAtMs,
    idempotencyHash: request.idempotencyHash,
    traceparent: request.traceparent,
  }
}

/** Reads what reserve.lua stored under the key: zone:quantity|booking|show|price|currency|created|expires */
function replayedHold(value: string, request: AdmissionRequest): Hold {
  const [, bookingId, showId, unitPriceMinor, currency, createdMs, expiresMs] = value.split('|') as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ]
  return {
    ...holdOf(request, Number(createdMs), Number(expiresMs)),
    bookingId,
    showId,
    unitPriceMinor: Number(unitPriceMinor),
    currency,
  }
}

/** What the idempotency key of a stored reservation must hold, for a rebuild. */
export function replayValue(hold: Hold): string {
  return [
    `${hold.zoneId}:${hold.quantity}`,
    hold.bookingId,
    hold.showId,
    hold.unitPriceMinor,
    hold.currency,
    hold.createdAtMs,
    hold.expiresAtMs,
  ].join('|')
}
