let lastMs = Number.NaN
let lastText = ''

/**
 * Epoch milliseconds as RFC 3339 in UTC. Under load many reservations of one millisecond expire together, and
 * making the text costs more than remembering the last one.
 */
export function instant(epochMs: number): string {
  if (epochMs !== lastMs) {
    lastText = new Date(epochMs).toISOString()
    lastMs = epochMs
  }
  return lastText
}
