export interface BackOff {
  firstMs: number
  maxMs: number
  /** A process that was ready for so long was well: the next pause is the first one again. */
  stableMs: number
}

export const usualBackOff: BackOff = { firstMs: 100, maxMs: 10_000, stableMs: 30_000 }

/** @param deaths in a row before this one. The pause doubles with each, up to the longest. */
export function pauseAfter(deaths: number, { firstMs, maxMs }: BackOff): number {
  return Math.min(maxMs, firstMs * 2 ** Math.min(deaths, 30))
}
