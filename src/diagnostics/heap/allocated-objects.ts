/** V8 gives memory in pieces of so many bytes. */
const ALIGNMENT_BYTES = 8

/** Intervals that are multiples of this keep the sizes of objects apart: 1 to 12, 14, 15, 18, 20, 21, 22, 24 … times the alignment divide it. */
export const DISTINCT_BYTES = ALIGNMENT_BYTES * 27_720

/**
 * How many objects a sample stands for. V8 tells bytes only: the size of the object that it met, times the number of such objects, which it
 * takes as size / (1 - e^(-size / interval)) rounded to whole ones (ScaleSample in its sampling-heap-profiler.cc). For an object that is small
 * against the interval that product is the first multiple of its size above the interval; so where the size divides the interval, the two differ
 * by the size. For other sizes it is the smallest size that could have given the product, which is too many objects, by less than twice mostly.
 *
 * @param intervalBytes a multiple of DISTINCT_BYTES
 */
export function objectsIn(sampleBytes: number, intervalBytes: number): number {
  const leastBytes = Math.max(ALIGNMENT_BYTES, sampleBytes - intervalBytes)
  for (let count = Math.floor(sampleBytes / leastBytes); count > 1; count--) {
    if (sampleBytes % count === 0 && (sampleBytes / count) % ALIGNMENT_BYTES === 0) return count
  }
  return 1
}
