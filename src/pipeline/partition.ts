import { randomUUIDv7 } from 'node:crypto'

/** Events are spread over this many partitions. It is part of the data's shape: one hex digit of every booking id. */
export const PARTITIONS = 16

/** Every partition's number, 0 … 15. */
export const allPartitions: readonly number[] = Array.from(
  { length: PARTITIONS },
  (_, partition) => partition,
)

/** The partition of an event: FNV-1a (32 bit) over its id, modulo 16. All keys of an event live in one partition. */
export function partitionOfEvent(eventId: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < eventId.length; i++) {
    hash = Math.imul(hash ^ eventId.charCodeAt(i), 0x01000193)
  }
  return (hash >>> 0) % PARTITIONS
}

/**
 * A booking id: a UUID version 7 whose last hex digit is the event's partition, so that a booking's hold is found from
 * its id alone. That digit belongs to the 62 random bits of RFC 9562 section 5.7; the rest stay random.
 */
export function newBookingId(eventId: string): string {
  return randomUUIDv7().slice(0, 35) + partitionOfEvent(eventId).toString(16)
}

/** The partition that a booking id names. The id must be a UUID; the caller's schema has checked that. */
export function partitionOfBooking(bookingId: string): number {
  return Number.parseInt(bookingId.slice(35), 16)
}
