import type { HeapSize } from './heap-size.ts'

export interface Prediction {
  /** For so long the main thread does nothing else. */
  stallSeconds: number
  /** Memory beyond what the process has now, while it writes. */
  peakBytes: number
  /** What it may take at worst: arrays that point to small objects take most for their bytes. Admission goes by this. */
  peakAtMostBytes: number
  fileBytes: number
  /** `bytes`: of the heap alone, as if all objects were small, so rather too much. `objects`: they were counted. */
  from: 'bytes' | 'objects'
}

const MIB = 2 ** 20
/**
 * Fitted to snapshots of 50 to 200 MiB of small objects, records with arrays and maps, long strings, arrays of numbers and buffers on
 * Node 24 (docs/diagnostics/heapsnapshot.md has the table): memory goes by objects and references, not by bytes. The seconds are of the
 * machine that they were measured on.
 */
const FIXED = { peakBytes: 30 * MIB, stallSeconds: 0.25, fileBytes: 5 * MIB, smallBytes: 8.5 * MIB }
const PER_SMALL_BYTE = { peakBytes: 19.5, stallSeconds: 115 / 1000 / MIB, fileBytes: 1.9 }
const PER_OBJECT = { peakBytes: 750, stallSeconds: 5.5e-6, fileBytes: 95 }

/** Measured: 25 times for records in one array, 11 times for arrays of pointers that have pages of their own. */
const WORST = { perSmallByte: 30, perLargeByte: 12, perCountedByte: 1.5 }

/** @param objects how many there are; null: they were not counted */
export function predictSnapshot({ smallBytes, largeBytes }: HeapSize, objects: number | null): Prediction {
  const [units, per] =
    objects === null ? [Math.max(0, smallBytes - FIXED.smallBytes), PER_SMALL_BYTE] : [objects, PER_OBJECT]
  const peakBytes = Math.round(FIXED.peakBytes + units * per.peakBytes)
  const smallAtMost =
    objects === null ? FIXED.peakBytes + units * WORST.perSmallByte : peakBytes * WORST.perCountedByte
  return {
    stallSeconds: FIXED.stallSeconds + units * per.stallSeconds,
    peakBytes,
    peakAtMostBytes: Math.round(smallAtMost + largeBytes * WORST.perLargeByte),
    fileBytes: Math.round(FIXED.fileBytes + units * per.fileBytes),
    from: objects === null ? 'bytes' : 'objects',
  }
}
