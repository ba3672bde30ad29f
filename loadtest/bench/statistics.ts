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
