/**
 * Every key of Redis. A key carries its partition's hash tag, so that whatever a script touches lives in one slot and the
 * same code runs on Redis Cluster.
 */
import { partitionOfBooking, partitionOfEvent } from '../pipeline/partition.ts'

const tags = Array.from({ length: 16 }, (_, partition) => `{p${String(partition).padStart(2, '0')}}`)

function tag(partition: number): string {
  return tags[partition] as string
}

/** hash: version, sale, opens, closes; per zone a: available, s: sold, c: capacity, v: version of the capacity */
export const inventoryKey = (eventId: string) => `inv:${tag(partitionOfEvent(eventId))}:${eventId}`

/** hash: user → seats held or bought in the event */
export const takenKey = (eventId: string) => `taken:${tag(partitionOfEvent(eventId))}:${eventId}`

/** prefix of a partition's holds */
export const holdPrefix = (partition: number) => `hold:${tag(partition)}:`

/** hash: one reservation; see reserve.lua for its fields */
export const holdKey = (bookingId: string) => holdPrefix(partitionOfBooking(bookingId)) + bookingId

/** sorted set: booking ids by the time at which somebody must look at them, milliseconds */
export const dueKey = (partition: number) => `due:${tag(partition)}`

/** set: booking ids of one user's holds in the events of a partition */
export const holdsOfUserKey = (partition: number, userId: string) => `holds:${tag(partition)}:${userId}`

/** string: what the idempotency key's reservation answered */
export const idempotencyKey = (eventId: string, userId: string, hash: string) =>
  `idem:${tag(partitionOfEvent(eventId))}:${eventId}:${userId}:${hash}`

/** stream: reservations that PostgreSQL does not have yet */
export const streamKey = (partition: number) => `wal:${tag(partition)}`

/** string, short-lived: a booking whose refund was settled */
export const freedKey = (bookingId: string) => `freed:${tag(partitionOfBooking(bookingId))}:${bookingId}`

/** string: the generation this partition was rebuilt for */
export const generationKey = (partition: number) => `gen:${tag(partition)}`

/** string: run id of the server that this partition was rebuilt on */
export const serverKey = (partition: number) => `node:${tag(partition)}`
