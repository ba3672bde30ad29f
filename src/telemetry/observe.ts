import type { Counter } from 'prom-client'

/** Counts what a use case answers by its kind, around it: the use case knows nothing of it. A fault counts as `fault`. */
export function countOutcomes<Input, Outcome extends { kind: string }>(
  counter: Counter<'outcome'>,
  useCase: (input: Input) => Promise<Outcome>,
): (input: Input) => Promise<Outcome> {
  const children = new Map<string, Counter.Internal>()

  function count(kind: string): void {
    let child = children.get(kind)
    if (!child) {
      child = counter.labels(kind)
      children.set(kind, child)
    }
    child.inc()
  }

  return async (input) => {
    try {
      const outcome = await useCase(input)
      count(outcome.kind)
      return outcome
    } catch (error) {
      count('fault')
      throw error
    }
  }
}
