/** The gate: a profile's load tests one after the other on one set of stores, and a verdict. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import {
  describeMachine,
  describeVersions,
  gitRevision,
  type Machine,
  type Versions,
} from '../bench/machine.ts'
import type { Stage } from '../bench/stage.ts'
import { resultLines } from '../run/lines.ts'
import { NO_KNEE, runScenario, type ScenarioResult, type ScenarioRun } from '../run/run-scenario.ts'
import type { Shape } from '../run/scenario.ts'
import { scenarios } from '../run/scenarios.ts'
import { type Baseline, type Comparison, compareWithBaseline } from './baseline.ts'
import { LEAST_RATE, type Step } from './profiles.ts'

export interface GateReport {
  profile: string
  date: string
  machine: Machine
  versions: Versions
  revision: string
  /** Reservations a second within the objective, as the ramp found it; null where none was looked for or none is. */
  knee: number | null
  runs: ScenarioResult[]
  baseline: Comparison
  problems: string[]
}

export interface GateOptions extends Pick<ScenarioRun, 'k6' | 'processes' | 'say' | 'signal' | 'spoil'> {
  stage: Stage
  profile: string
  steps: readonly Step[]
  dir: string
  baseline: Baseline | null
  /** Loads are short and small. */
  quick?: boolean
  settings?: Readonly<Record<string, string>>
}

export async function runGate(options: GateOptions): Promise<GateReport> {
  const { stage, profile, steps, dir, say, baseline } = options
  const machine = describeMachine()
  const versions = await describeVersions(stage.tools)
  const runs: ScenarioResult[] = []
  const problems: string[] = []
  let knee: number | null = null
  const attempt = async (step: Step, name: string): Promise<ScenarioResult> => {
    const scenario = scenarios.find((one) => one.name === step.scenario)
    if (!scenario) throw new Error(`there is no scenario ${step.scenario}`)
    const rate = step.ofKnee ? Math.round(Math.max(LEAST_RATE, (knee ?? 0) * step.ofKnee)) : undefined
    const shape = { ...scenario.shape, ...step.shape, ...(rate && { rate }) }
    const runDir = join(dir, name)
    mkdirSync(runDir, { recursive: true })
    say(`${name}: ${scenario.summary}`)
    const result = await runScenario({
      ...options,
      scenario,
      shape: options.quick ? quickened(shape) : shape,
      dir: runDir,
    })
    for (const line of resultLines(result, runDir)) say(line)
    runs.push(result)
    return result
  }
  for (const [index, step] of steps.entries()) {
    const name = `${index + 1}-${step.scenario}`
    let result = await attempt(step, name)
    if (isOnlySlow(result)) {
      say('  nothing but slow: once more, because this machine has others on it')
      result = await attempt(step, `${name}-again`)
    }
    problems.push(...result.problems.map((problem) => `${step.scenario}: ${problem}`))
    // A ramp finds that of a closed loop, which is higher: docs/decisions/0024-the-gate.md.
    if (step.scenario === 'knee') knee = result.knee ?? knee
  }
  const report = {
    profile,
    date: new Date().toISOString(),
    machine,
    versions,
    revision: gitRevision(),
    knee,
    runs,
  }
  const comparison = compareWithBaseline(report, baseline)
  problems.push(...comparison.problems)
  return { ...report, baseline: comparison, problems }
}

const QUICK = { seconds: 10, warmSeconds: 3, rate: 1000, people: 500 }

/** Steps of open loops, and nothing that a scenario counts on: what has no rate of its own keeps its time. */
function quickened(shape: Shape): Shape {
  const { rate, people, warmSeconds, seconds } = shape
  return {
    ...shape,
    ...(rate && { rate: Math.min(rate, QUICK.rate), seconds: Math.min(seconds, QUICK.seconds) }),
    ...(people && { people: Math.min(people, QUICK.people) }),
    ...(warmSeconds && { warmSeconds: Math.min(warmSeconds, QUICK.warmSeconds) }),
  }
}

const SLOWNESS = /^(http_req_duration|dropped_iterations)\b/

/** Whether everything is as it must be but the time that answers took, and what was not begun because of it. */
export function isOnlySlow({ problems, thresholds }: ScenarioResult): boolean {
  const slow = thresholds.filter(({ metric, held }) => !held && SLOWNESS.test(metric))
  const withoutKnee = problems.filter((problem) => problem === NO_KNEE)
  return problems.length > 0 && problems.length === slow.length + withoutKnee.length
}
