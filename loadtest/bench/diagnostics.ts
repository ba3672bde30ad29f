/** What the diagnostics promise in numbers: how soon they answer while the process is blocked, and what watching all the time stalls. */
import { measureRotation, type RotationMeasured } from './diagnostics-rotation.ts'
import { measureStacks, type StacksMeasured } from './diagnostics-stacks.ts'
import type { BenchRun } from './plan.ts'
import type { Stage } from './stage.ts'

export interface DiagnosticsMeasured {
  stacks: StacksMeasured
  rotation: RotationMeasured
}

const QUICK_ASKS = 20

/** The continuous cost for each request is a layer of `overhead`. */
export async function measureDiagnostics(run: BenchRun, stage: Stage): Promise<DiagnosticsMeasured> {
  const isQuick = run.plan.rounds === 1
  const stacks = await measureStacks(run, ...(isQuick ? [QUICK_ASKS] : []))
  return { stacks, rotation: await measureRotation(run, stage) }
}
