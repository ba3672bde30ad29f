/** A counter or gauge whose one label has a closed set of values: another does not compile. */
export interface Closed<Label extends string, Value extends string> {
  inc(labels: Record<Label, Value>, by?: number): void
  labels(value: Value): { inc(by?: number): void }
}

export interface ClosedGauge<Label extends string, Value extends string> extends Closed<Label, Value> {
  set(labels: Record<Label, Value>, value: number): void
}
