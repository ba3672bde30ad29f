import {
  DataqueryBuilder,
  PromQueryFormat,
  QueryEditorMode,
} from '@grafana/grafana-foundation-sdk/prometheus'
import { prometheus } from './variables.ts'

export interface Query {
  expr: string
  /** A template of labels, `{{route}}`; without one the series is named by all its labels. */
  legend: string
  exemplars?: boolean
  instant?: boolean
  format?: PromQueryFormat
}

export function query(expr: string, legend: string, more: Partial<Query> = {}): Query {
  return { expr, legend, ...more }
}

/** The service remembers the last traced request of each bucket of its answers, and of nothing else. */
export function hasExemplars({ expr }: Query): boolean {
  return expr.includes('http_server_request_duration_seconds_bucket{')
}

/** @param at its place in the panel: A, B, … */
export function buildQuery(
  { expr, legend, exemplars, instant, format }: Query,
  at: number,
): DataqueryBuilder {
  // What is taken over the whole shown time has one value: the one at its end.
  const atTheEnd = instant ?? expr.includes('[$__range')
  const built = new DataqueryBuilder()
    .datasource(prometheus)
    .refId(String.fromCharCode(65 + at))
    .expr(expr)
    .legendFormat(legend)
    .editorMode(QueryEditorMode.Code)
    .format(format ?? PromQueryFormat.TimeSeries)
  if (exemplars) built.exemplar(true)
  return atTheEnd ? built.instant() : built.range()
}
