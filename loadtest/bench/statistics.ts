/** What several measurements of one thing say: the middle one, and how far they were apart. */
export interface Spread {
  median: number
  min: number
  max: number
}

/** @throws when there is nothing to look at */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const [min, max] = [sorted[0], sorted.at(-1)]
  if (min === undefined || max === undefined) throw new Error('no measurement')
  const middle = (sorted.length - 1) / 2
  const median = ((sorted[Math.floor(middle)] as number) + (sorted[Math.ceil(middle)] as number)) / 2
  return { median, min, max }
}

/** Whether the measurements of two things overlap: then they were not told apart. */
export function overlap(a: Spread, b: Spread): boolean {
  return a.min <= b.max && b.min <= a.max
}

/** What did most, and everything that was not told apart from it, in the order given. @throws when there is nothing */
export function leaders<Case>(
  cases: readonly Case[],
  value: (one: Case) => Spread,
): { best: Case; tied: Case[] } {
  const best = cases.toSorted((a, b) => value(b).median - value(a).median)[0]
  if (best === undefined) throw new Error('no measurement')
  return { best, tied: cases.filter((one) => overlap(value(one), value(best))) }
}

/** Applies `spreadOf` to one number of each sample. */
export function spreadBy<Sample>(samples: readonly Sample[], value: (sample: Sample) => number): Spread {
  return spreadOf(samples.map(value))
}

/** A mean and the 95 % interval around it. */
export interface Interval {
  mean: number
  low: number
  high: number
}

/** Two-sided 95 % quantiles of Student's t by degrees of freedom, from 1; beyond the last the normal distribution's. */
const T_95 = [
  ...[12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228],
  ...[2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11, 2.101, 2.093, 2.086],
]
const NORMAL_95 = 1.96

/**
 * The ratio of two things that were measured in pairs, one pair a round: whatever slowed a round down slowed both. The geometric mean
 * with Student's interval over the logarithms; with one pair there is no interval.
 */
export function pairedRatio(pairs: readonly { value: number; base: number }[]): Interval {
  const logs = pairs.map(({ value, base }) => Math.log(value / base))
  const mean = logs.reduce((sum, one) => sum + one, 0) / logs.length
  if (logs.length < 2) return { mean: Math.exp(mean), low: 0, high: Number.POSITIVE_INFINITY }
  const variance = logs.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (logs.length - 1)
  const half = (T_95[logs.length - 2] ?? NORMAL_95) * Math.sqrt(variance / logs.length)
  return { mean: Math.exp(mean), low: Math.exp(mean - half), high: Math.exp(mean + half) }
}
