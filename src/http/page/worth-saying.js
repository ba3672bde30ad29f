const SILENCE_MS = 30_000

/**
 * Whether a place in the queue is worth interrupting somebody for: the first one, one that halved since the last time,
 * and otherwise one that moved, every half minute.
 */
export function isWorthSaying(said, { position, atMs }) {
  if (said === null) return true
  if (position === said.position) return false
  return position <= said.position / 2 || atMs - said.atMs >= SILENCE_MS
}
