/** A fault, or a mistake of the kind that programs have, while the service is under load: what happens, and whether it is as promised. */
import type { Stage } from '../bench/stage.ts'

export interface DrillRun {
  stage: Stage
  k6: string
  /** People a second. @default 100 */
  rate?: number
  /** Where reports go; it need not be there. */
  dir: string
  /** Aborts when the drill is to end early. */
  signal: AbortSignal
  /** A line for whoever watches. */
  say: (line: string) => void
}

/** What was seen, by what it is of: `{ 'answers 503': 12, 'first 201 after': '1.9 s' }`. */
export type Facts = Readonly<Record<string, string | number>>

export interface DrillOutcome {
  facts: Facts
  /** What the diagnostics said by themselves; diagnosis drills have one. */
  verdict?: string
  /** What is not as promised, in sentences; a drill without any has passed. */
  problems: readonly string[]
}

export interface Drill {
  /** As it is typed: lower-case letters, digits and dashes. */
  name: string
  kind: 'fault' | 'diagnosis'
  /** In a sentence: what is done, and what must hold. */
  summary: string
  /** @throws when it could not be carried out; what was seen to be wrong is in `problems` */
  run(run: DrillRun): Promise<DrillOutcome>
}
