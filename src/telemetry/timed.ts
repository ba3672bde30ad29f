import type { Histogram } from 'prom-client'

export const STEPS = [
  ...(['reserve', 'admit', 'confirm', 'cancel', 'refund', 'open_hold', 'payment_lookup'] as const),
  ...(['commit_ending', 'settle', 'expire', 'join'] as const),
] as const
export type Step = (typeof STEPS)[number]

/** Measures a step around it, whether it succeeds or throws: the step knows nothing of it. */
export function timed<Arguments extends unknown[], Result>(
  histogram: Histogram<'step'>,
  step: Step,
  work: (...args: Arguments) => Promise<Result>,
): (...args: Arguments) => Promise<Result> {
  const child = histogram.labels(step)
  return async (...args) => {
    const startMs = performance.now()
    try {
      return await work(...args)
    } finally {
      child.observe((performance.now() - startMs) / 1000)
    }
  }
}
