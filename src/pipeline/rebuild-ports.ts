import type { Hold } from '../booking/model.ts'
import type { CatalogueEvent } from '../catalogue/model.ts'
import type { WriteAheadEntry } from './ports.ts'

export interface ZoneStock {
  zoneId: string
  capacity: number
  capacityVersion: number
  sold: number
  /** Seats of live reservations that PostgreSQL has. */
  reserved: number
}

export interface EventStock {
  event: Pick<CatalogueEvent, 'id' | 'version' | 'status' | 'saleOpensAtMs' | 'saleClosesAtMs'>
  partition: number
  zones: ZoneStock[]
}

/** What PostgreSQL knows, in pieces small enough to send. */
export interface RebuildSource {
  /** Waits for writers under way, then makes every writer that read Redis before now be refused. @returns the new generations by partition */
  bumpGenerations(partitions: readonly number[]): Promise<Map<number, number>>
  generations(): Promise<Map<number, number>>
  cursors(): Promise<Map<number, string>>
  stock(): Promise<EventStock[]>
  /** Seats held or bought by user, in events that have any. */
  taken(visit: (rows: { eventId: string; userId: string; seats: number }[]) => Promise<void>): Promise<void>
  /** Live reservations. */
  holds(visit: (holds: Hold[]) => Promise<void>): Promise<void>
  /** Reservations with an idempotency key made since a time, whatever became of them. */
  keys(sinceMs: number, visit: (holds: Hold[]) => Promise<void>): Promise<void>
  markLoaded(zoneIds: string[]): Promise<void>
  /** Runs `work` while no other process rebuilds. @returns null without running it when another does */
  alone<T>(work: () => Promise<T>): Promise<T | null>
}

/** What a look at every server found. */
export interface StoreFindings {
  /** Why some may not sell, and the partitions of all of those; null: whoever answered may. */
  suspicion: { why: string; partitions: number[] } | null
  /** Of the first server that did not answer. */
  away: Error | null
}

export interface StoreInspection {
  /** Compares what the servers say of themselves with PostgreSQL's generations. @throws Unavailable when none of them answers */
  look(generations: ReadonlyMap<number, number>): Promise<StoreFindings>
}

/** Servers that are being rebuilt, over one connection to each that is never replaced: a restart in the middle ends the session. */
export interface RebuildSession {
  /** Everything that these servers have: scripts are taken from a whole server and given to a whole server. */
  readonly partitions: readonly number[]
  /** Takes the scripts away, so that nothing sells, and makes this session the only one that can give them back. */
  close(): Promise<void>
  /** Partitions whose streams are not empty. */
  waiting(): Promise<number[]>
  entries(partition: number, afterId: string, limit: number): Promise<WriteAheadEntry[]>
  /** Removes holds, due times and stock of a partition. */
  clear(partition: number, eventIds: string[]): Promise<void>
  writeStock(stock: EventStock[]): Promise<void>
  writeTaken(rows: { eventId: string; userId: string; seats: number }[]): Promise<void>
  writeHolds(holds: Hold[]): Promise<void>
  writeKeys(holds: Hold[]): Promise<void>
  /** Makes the stream go on after the cursor, whatever clock this Redis has. */
  continueStream(partition: number, cursor: string): Promise<void>
  /** Stamps the partitions with their generation and this server, then loads the scripts: selling begins. */
  open(generations: ReadonlyMap<number, number>): Promise<void>
  end(): void
}

/** @param partitions those that must be rebuilt; whatever else their servers have is rebuilt with them. @throws Unavailable */
export type OpenRebuildSession = (partitions: readonly number[]) => Promise<RebuildSession>
