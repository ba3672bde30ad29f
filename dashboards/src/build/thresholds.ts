import {
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard'

/** Where a value turns from good to worth a look, and to bad. */
export type Limits = { warn?: number; bad?: number; below?: boolean }

const GOOD = 'green'
const WARN = 'orange'
const BAD = 'red'

/** Green, then orange and red from the limits on; with `below` it is the low values that are bad. */
export function thresholdsOf({ warn, bad, below = false }: Limits): ThresholdsConfigBuilder {
  const steps: Threshold[] = [{ value: null, color: below ? BAD : GOOD }]
  if (below) {
    if (bad !== undefined) steps.push({ value: bad, color: warn === undefined ? GOOD : WARN })
    if (warn !== undefined) steps.push({ value: warn, color: GOOD })
  } else {
    if (warn !== undefined) steps.push({ value: warn, color: WARN })
    if (bad !== undefined) steps.push({ value: bad, color: BAD })
  }
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps)
}
