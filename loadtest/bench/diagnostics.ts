/** What the diagnostics promise in numbers: how soon they answer while the process is blocked, and what watching all the time stalls. */
import { type ContinuousMeasured, measureContinuous } from './diagnostics-continuous.ts'
import { measureRotation, type RotationMeasured } from './diagnostics-rotation.ts'
import { measureStacks, type StacksMeasured } from './diagnostics-stacks.ts'
import type { BenchRun } from './plan.ts'
import type { Stage } from './stage.ts'

export interface DiagnosticsMeasured {
  stacks: StacksMeasured
  rotation: RotationMeasured
  /** Earlier results do not have it. */
  continuous?: ContinuousMeasured
}

const QUICK_ASKS = 20

/** What everything costs a request together with the service's own telemetry is a layer of `overhead`. */
export async function measureDiagnostics(run: BenchRun, stage: Stage): Promise<DiagnosticsMeasured> {
  const isQuick = run.plan.rounds === 1
  const stacks = await measureStacks(run, ...(isQuick ? [QUICK_ASKS] : []))
  const continuous = await measureContinuous(run, stage)
  return { stacks, continuous, rotation: await measureRotation(run, stage) }
}
