import type { StoreName } from './record.ts'

/** What a keeper tells the process that started it, as JSON lines on its standard output. */
export type KeeperMessage =
  | { kind: 'line'; text: string }
  /** Redis and PostgreSQL answer; Kafka's address is known, whether it answers already or not. */
  | { kind: 'ready'; urls: Partial<Record<StoreName, string>> }
  | { kind: 'kafka'; ready: boolean }
  /** Another keeper owns the data directory. */
  | { kind: 'busy' }
  | { kind: 'failed'; why: string }

/** Reads one line; undefined for anything that is no message. */
export function parseMessage(line: string): KeeperMessage | undefined {
  try {
    const parsed: unknown = JSON.parse(line)
    if (typeof parsed === 'object' && parsed !== null && 'kind' in parsed) return parsed as KeeperMessage
  } catch {
    // Not ours: a warning of the runtime, say.
  }
  return undefined
}
