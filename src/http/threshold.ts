/** A limit that lets go later than it takes hold, so that a value that sways about it does not change its mind with each request. */
export type Threshold = (value: number) => boolean

/** @param release the share of the limit at which it lets go again */
export function makeThreshold(limit: number, release: number): Threshold {
  let passed = false
  return (value) => {
    passed = passed ? value > limit * release : value >= limit
    return passed
  }
}
