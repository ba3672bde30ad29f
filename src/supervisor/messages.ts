/**
 * What a process and its supervisor say to each other over the channel between them. Messages travel in an envelope of one key: whatever
 * else is said on that channel, by node:cluster or a library, is left alone.
 */

export type FromMember =
  /** Its parts have started. `address`: where it listens, if it does. */
  | { kind: 'ready'; address: string | null }
  /** They have not, and it ends. */
  | { kind: 'failed'; why: string }

export interface StopOrder {
  kind: 'stop'
  /** How long connections may go on being answered, before those that are idle are closed. */
  drainMs: number
  /** Until when everything has stopped. */
  withinMs: number
}

const KEY = 'floodgate'

export function wrap(message: FromMember | StopOrder): Record<string, unknown> {
  return { [KEY]: message }
}

/** null: it was not for us. */
export function unwrap<T extends FromMember | StopOrder>(received: unknown): T | null {
  if (typeof received !== 'object' || received === null) return null
  const content = (received as Record<string, unknown>)[KEY]
  return typeof content === 'object' && content !== null && 'kind' in content ? (content as T) : null
}
