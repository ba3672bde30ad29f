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
import { runScenario, type ScenarioResult, type ScenarioRun } from '../run/run-scenario.ts'
import { scenarios } from '../run/scenarios.ts'
import { kneeOf } from '../run/series.ts'
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
  settings?: Readonly<Record<string, string>>
}

/** How long PostgreSQL may be behind at the end of a load. */
const MOST_DRAIN_SECONDS = 10

export async function runGate(options: GateOptions): Promise<GateReport> {
  const { stage, profile, steps, dir, say, baseline } = options
  const machine = describeMachine()
  const versions = await describeVersions(stage.tools)
  const runs: ScenarioResult[] = []
  const problems: string[] = []
  let knee: number | null = null
  for (const [index, { scenario: name, shape, ofKnee, findsKnee }] of steps.entries()) {
    const scenario = scenarios.find((one) => one.name === name)
    if (!scenario) throw new Error(`there is no scenario ${name}`)
    const rate = ofKnee ? Math.round(Math.max(LEAST_RATE, (knee ?? 0) * ofKnee)) : undefined
    const runDir = join(dir, `${index + 1}-${name}`)
    mkdirSync(runDir, { recursive: true })
    say(`${name}: ${scenario.summary}`)
    const result = await runScenario({
      ...options,
      scenario,
      shape: { ...scenario.shape, ...shape, ...(rate && { rate }) },
      dir: runDir,
    })
    const { drainedAfterSeconds } = result
    if (drainedAfterSeconds !== null && drainedAfterSeconds > MOST_DRAIN_SECONDS)
      result.problems.push(`everything was written only ${drainedAfterSeconds.toFixed(0)} s after the load`)
    for (const line of resultLines(result, runDir)) say(line)
    runs.push(result)
    problems.push(...result.problems.map((problem) => `${name}: ${problem}`))
    if (findsKnee) knee = kneeOf(result.series)
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
