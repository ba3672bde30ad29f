/** How a request that nobody traces yet is chosen, and whether a caller's choice is followed. */
export interface SamplingRule {
  /** Of requests that nothing is known of, 0 … 1. */
  ratio: number
  /** Whether what the caller decided holds. */
  followParent: boolean
  /** Sampled requests of a process in a second; whatever is asked for, no more are. */
  maxPerSecond: number
}

export type SamplerName =
  | 'always_on'
  | 'always_off'
  | 'traceidratio'
  | 'parentbased_always_on'
  | 'parentbased_always_off'
  | 'parentbased_traceidratio'

/** The samplers that OpenTelemetry's environment variables know, as a rule. */
export function samplingRule(name: SamplerName, ratio: number, maxPerSecond: number): SamplingRule {
  const followParent = name.startsWith('parentbased_')
  const root = name.replace('parentbased_', '')
  return { followParent, maxPerSecond, ratio: root === 'always_on' ? 1 : root === 'always_off' ? 0 : ratio }
}

/** @param parentSampled what the caller decided; null: there is no caller who did */
export type Sample = (parentSampled: boolean | null) => boolean

/**
 * Decides once, at the root, before anything is made for the request: one that is not chosen gets no span and no id. So the choice
 * is drawn, not computed from the id as TraceIdRatioBased does; everybody behind follows the flag.
 */
export function makeSample(
  { ratio, followParent, maxPerSecond }: SamplingRule,
  onRefused: () => void,
  { random = Math.random, nowMs = () => performance.now() } = {},
): Sample {
  let second = 0
  let taken = 0

  function withinBudget(): boolean {
    const now = Math.floor(nowMs() / 1000)
    if (now !== second) {
      second = now
      taken = 0
    }
    if (taken < maxPerSecond) {
      taken++
      return true
    }
    onRefused()
    return false
  }

  return (parentSampled) => {
    const wanted = parentSampled !== null && followParent ? parentSampled : ratio > 0 && random() < ratio
    return wanted && withinBudget()
  }
}
