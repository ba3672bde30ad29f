/**
 * Labels that the samples of a profile carry, above all `route`. They follow the asynchronous flow of a request, and cost a comparison
 * when nothing samples.
 */
export type Labels = Readonly<Record<string, string>>

interface Labelling {
  run<R>(labels: Labels, work: () => R): R
  set(labels: Labels): void
}

let labelling: Labelling | null = null

/** Runs work whose samples carry the labels, through every await. One object per route costs least: nothing is copied. */
export function withLabels<R>(labels: Labels, work: () => R): R {
  return labelling ? labelling.run(labels, work) : work()
}

/** The same for the rest of the current asynchronous flow, for frameworks whose hooks do not wrap. */
export function setLabels(labels: Labels): void {
  labelling?.set(labels)
}

/** For the sampler, and nobody else. */
export function useLabelling(next: Labelling | null): void {
  labelling = next
}
