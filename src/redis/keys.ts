/**
 * Every key of Redis. A key carries its partition's hash tag, so that whatever a script touches lives in one slot and the
 * same code runs on Redis Cluster.
 */
import { partitionOfBooking, partitionOfEvent } from '../pipeline/partition.ts'

const tags = Array.from({ length: 16 }, (_, partition) => `{p${String(partition).padStart(2, '0')}}`)

function tag(partition: number): string {
  return tags[partition] as string
}

/** The partition of a key, from its tag. */
export function partitionOfKey(key: string): number {
  const at = key.indexOf('{p') + 2
  return Number(key.slice(at, at + 2))
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

/** string: mark of the server that this partition was rebuilt on; see server-mark.ts */
export const serverKey = (partition: number) => `server:${tag(partition)}`

/** string: names the session that may rebuild this partition */
export const rebuilderKey = (partition: number) => `rebuilder:${tag(partition)}`

/** hash: a queue's settings and counters; see queue_configure.lua and queue_release.lua for its fields */
export const queueMetaKey = (eventId: string) => `queuemeta:${tag(partitionOfEvent(eventId))}:${eventId}`

/** sorted set: people who wait, by place; see lib/place.lua */
export const queueKey = (eventId: string) => `queue:${tag(partitionOfEvent(eventId))}:${eventId}`

/** sorted set: people who wait, by when they were last heard, milliseconds */
export const seenKey = (eventId: string) => `seen:${tag(partitionOfEvent(eventId))}:${eventId}`

/** bitmap by sequence number: who was let in, left or was passed over */
export const overKey = (eventId: string) => `over:${tag(partitionOfEvent(eventId))}:${eventId}`

/** sorted set: people of the pre-queue by the score that will be drawn */
export const lobbyKey = (eventId: string) => `lobby:${tag(partitionOfEvent(eventId))}:${eventId}`

/** sorted set: people with a pass, by its expiry, milliseconds */
export const passesKey = (eventId: string) => `passes:${tag(partitionOfEvent(eventId))}:${eventId}`

/** prefix of the strings that hold an event's passes: user → pass id */
export const passPrefix = (eventId: string) => `pass:${tag(partitionOfEvent(eventId))}:${eventId}:`

/** prefix of short-lived strings: why a user is not in the queue any more */
export const gonePrefix = (eventId: string) => `gone:${tag(partitionOfEvent(eventId))}:${eventId}:`

/** set: events of a partition that have a queue */
export const queuesKey = (partition: number) => `queues:${tag(partition)}`

/** string, short-lived: an API process listens to the people in queues */
export const listeningKey = (partition: number) => `listening:${tag(partition)}`

/** string, short-lived: a process is at the limit of its load, and nobody more is let in */
export const saturatedKey = (partition: number) => `saturated:${tag(partition)}`
