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
  bumpGenerations(): Promise<Map<number, number>>
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

/** Why a Redis may not sell; null: it may. */
export type Suspicion = string | null

export interface StoreInspection {
  /** Compares what Redis says of itself with PostgreSQL's generations. @throws Unavailable */
  suspicion(generations: ReadonlyMap<number, number>): Promise<Suspicion>
}

/** A Redis that is being rebuilt, over one connection that is never replaced: a restart in the middle ends the session. */
export interface RebuildSession {
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

export type OpenRebuildSession = () => Promise<RebuildSession>
