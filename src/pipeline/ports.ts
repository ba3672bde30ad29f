import type { Hold } from '../booking/model.ts'

/** One entry of a partition's write-ahead stream. Ids grow; `0-0` stands before the first. */
export interface WriteAheadEntry {
  id: string
  hold: Hold
}

/** Redis's side of the write-ahead stream. */
export interface WriteAheadStream {
  /** Entries after an id, oldest first, with the generation that they were read in. */
  read(
    partition: number,
    afterId: string,
    limit: number,
  ): Promise<{ generation: number; entries: WriteAheadEntry[] }>
  /** Removes entries up to and including an id that PostgreSQL has. */
  trim(partition: number, throughId: string): Promise<void>
  /** Unwritten entries of every partition, and the age of the oldest in milliseconds (0 when there are none). */
  backlog(): Promise<{ partition: number; entries: number; oldestMs: number }[]>
}

export type PersistResult =
  | { kind: 'written'; entries: number; throughId: string }
  | { kind: 'idle' }
  /** Another process is writing this partition. */
  | { kind: 'busy' }
  /** Redis was rebuilt, or must be: what was read from it may not be written. */
  | { kind: 'fenced' }

/** PostgreSQL's side: writes what the stream has after the cursor, exactly once, whoever dies. */
export interface WriteAheadLog {
  persist(
    partition: number,
    read: (afterId: string) => Promise<{ generation: number; entries: WriteAheadEntry[] }>,
  ): Promise<PersistResult>
}

/** An event on its way to Kafka. */
export interface OutboxMessage {
  seq: string
  messageId: string
  topic: string
  bookingId: string
  type: string
  version: number
  occurredAt: Date
  data: unknown
  traceparent: string | null
}

/** Shards of the outbox; the messages of one booking are all in one. */
export const OUTBOX_SHARDS = 4

export interface Outbox {
  /**
   * Hands the oldest messages of a shard to `publish`, and deletes them once it resolves. One caller a shard at a time.
   *
   * @returns how many were published; null when another process has the shard
   */
  drain(
    shard: number,
    limit: number,
    publish: (messages: OutboxMessage[]) => Promise<void>,
  ): Promise<number | null>
  /** Messages that wait, and the age of the oldest in seconds. */
  backlog(): Promise<{ rows: number; oldestSeconds: number }>
}

/** Publishes events, in order for one booking. @throws Unavailable when Kafka did not take them all */
export interface EventPublisher {
  publish(messages: readonly OutboxMessage[]): Promise<void>
}
