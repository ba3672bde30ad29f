/** A snapshot of metrics as plain data: it can be sent between threads and processes, merged there and rendered. */

/** How the values of several processes become one; `each` keeps them apart under a label `worker`. */
export type Merge = 'sum' | 'max' | 'min' | 'average' | 'first' | 'each'

export interface Exemplar {
  labels: Record<string, string>
  value: number
  timestampSeconds: number
}

export interface MetricSample {
  suffix: '' | '_bucket' | '_sum' | '_count'
  labels: Record<string, string>
  value: number
  exemplar?: Exemplar
}

export interface MetricFamily {
  /** With `_total` for counters. */
  name: string
  help: string
  type: 'counter' | 'gauge' | 'histogram' | 'summary'
  merge: Merge
  samples: MetricSample[]
}

const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/

/** One name that is none would spoil the whole page for the scraper, so it is left out instead. */
export function isValid(family: MetricFamily): boolean {
  return (
    METRIC_NAME.test(family.name) &&
    family.samples.every(({ labels }) => Object.keys(labels).every((name) => LABEL_NAME.test(name)))
  )
}
