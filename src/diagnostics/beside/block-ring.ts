import type { BlockRecord } from './block-record.ts'

interface Kept {
  record: BlockRecord
  bytes: number
}

export type BlockRing = ReturnType<typeof makeBlockRing>

/** The last blocks, bounded by count and bytes; the oldest go first. */
export function makeBlockRing({ maxRecords, maxBytes }: { maxRecords: number; maxBytes: number }) {
  const kept: Kept[] = []
  let bytes = 0
  return {
    add(record: BlockRecord): void {
      const one = { record, bytes: JSON.stringify(record).length }
      kept.push(one)
      bytes += one.bytes
      while (kept.length > maxRecords || (bytes > maxBytes && kept.length > 1))
        bytes -= kept.shift()?.bytes ?? 0
    },
    /** Those that ended at this time or later, the oldest first. */
    since(unixMs: number): BlockRecord[] {
      return kept
        .map(({ record }) => record)
        .filter(({ startedMs, durationMs }) => startedMs + durationMs >= unixMs)
    },
  }
}
