import type { DueHold, Holds } from '../booking/ports.ts'
import { allPartitions, partitionOfBooking, partitionOfEvent } from '../pipeline/partition.ts'
import { fieldsOf, holdOfFields } from './hold-fields.ts'
import { dueKey, freedKey, generationKey, holdKey, holdPrefix, holdsOfUserKey, inventoryKey } from './keys.ts'
import type { RedisPool } from './redis-pool.ts'

/** The holds as Redis keeps them. */
export function makeHolds(redis: RedisPool): Holds {
  return {
    async open(bookingId, leaseMs) {
      const partition = partitionOfBooking(bookingId)
      const [kind, generation, nowMs, ...fields] = (await redis.script(
        'open_hold',
        {
          hold: holdKey(bookingId),
          due: dueKey(partition),
          generation: generationKey(partition),
        },
        { booking_id: bookingId, lease_ms: leaseMs },
      )) as [string, string, string, ...string[]]
      const seen = { generation: Number(generation), nowMs: Number(nowMs) }
      if (kind === 'none') return { kind: 'none', ...seen }
      return {
        kind: 'live',
        hold: holdOfFields(bookingId, fieldsOf(fields)),
        ...seen,
      }
    },

    async openRefund(booking, leaseMs) {
      const partition = partitionOfBooking(booking.bookingId)
      const [generation, nowMs] = (await redis.script(
        'open_refund',
        {
          inventory: inventoryKey(booking.eventId),
          hold: holdKey(booking.bookingId),
          due: dueKey(partition),
          holds_of_user: holdsOfUserKey(partition, booking.userId),
          generation: generationKey(partition),
          freed: freedKey(booking.bookingId),
        },
        {
          booking_id: booking.bookingId,
          user_id: booking.userId,
          event_id: booking.eventId,
          zone_id: booking.zoneId,
          quantity: booking.quantity,
          lease_ms: leaseMs,
        },
      )) as [string, string]
      return { generation: Number(generation), nowMs: Number(nowMs) }
    },

    async peek(bookingId) {
      const fields = await redis.at(partitionOfBooking(bookingId), (connection) =>
        connection.hgetall(holdKey(bookingId)),
      )
      return fields['d'] === undefined ? null : holdOfFields(bookingId, fields)
    },

    async ofUser(userId, eventId) {
      const partitions = eventId === undefined ? allPartitions : [partitionOfEvent(eventId)]
      const sets = await redis.gatherReachable(
        partitions,
        (partition) => partition,
        (pipeline, partition) => pipeline.smembers(holdsOfUserKey(partition, userId)),
      )
      const bookingIds = (sets as (string[] | undefined)[]).flatMap((ids) => ids ?? [])
      const hashes = await redis.gatherReachable(bookingIds, partitionOfBooking, (pipeline, bookingId) =>
        pipeline.hgetall(holdKey(bookingId)),
      )
      return (hashes as (Record<string, string> | undefined)[])
        .flatMap((fields, i) => (fields?.['d'] ? [holdOfFields(bookingIds[i] as string, fields)] : []))
        .filter((hold) => eventId === undefined || hold.eventId === eventId)
    },

    async due(partition, limit) {
      const [generation, nowMs, ...items] = (await redis.script(
        'due',
        { due: dueKey(partition), generation: generationKey(partition) },
        { hold_prefix: holdPrefix(partition), limit },
      )) as [string, string, ...string[][]]
      return {
        generation: Number(generation),
        nowMs: Number(nowMs),
        items: items.map(dueHold),
      }
    },

    async postpone(bookingIds) {
      await redis.scripts(
        'postpone',
        bookingIds.map((bookingId) => ({
          keys: { hold: holdKey(bookingId), due: dueKey(partitionOfBooking(bookingId)) },
          argv: { booking_id: bookingId },
        })),
      )
    },
  }
}

function dueHold([bookingId = '', ...flat]: string[]): DueHold {
  const fields = fieldsOf(flat)
  if (fields['r'] === undefined) return { kind: 'hold', hold: holdOfFields(bookingId, fields) }
  return {
    kind: 'refund',
    bookingId,
    userId: fields['u'] ?? '',
    eventId: fields['e'] ?? '',
  }
}
