/**
 * What an earlier run of the same profile measured. Numbers of another machine say nothing about this one, so only what was recorded on
 * the same is compared, and by ratio. Machines that others use too are noisy: a bound is where no noise seen so far has reached.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Machine } from '../bench/machine.ts'
import type { GateReport } from './run-gate.ts'

export interface Baseline {
  profile: string
  date: string
  revision: string
  machine: Pick<Machine, 'cpu' | 'cores' | 'memoryGb'>
  /** By name, as `knee` or `sustained at 1000/s, api µs`. */
  numbers: Record<string, number>
}

export interface Comparison {
  /** What was compared, or why nothing was. */
  said: string
  ratios: Record<string, number>
  problems: string[]
}

/** Less than this share of the earlier knee, or more than this multiple of the earlier CPU a request, is a regression. */
const LEAST_KNEE = 0.25
const MOST_CPU = 1.8

type Measured = Omit<GateReport, 'baseline' | 'problems'>

export function compareWithBaseline(report: Measured, baseline: Baseline | null): Comparison {
  if (baseline === null) return { said: 'there is no baseline of this profile', ratios: {}, problems: [] }
  const { cpu, cores, memoryGb } = report.machine
  const then = baseline.machine
  if (then.cpu !== cpu || then.cores !== cores || then.memoryGb !== memoryGb) {
    const said = `the baseline is of another machine (${then.cores} × ${then.cpu}): not compared`
    return { said, ratios: {}, problems: [] }
  }
  const now = numbersOf(report)
  const ratios = Object.fromEntries(
    Object.entries(baseline.numbers).flatMap(([name, before]) => {
      const value = now[name]
      return value !== undefined && before > 0 ? [[name, value / before]] : []
    }),
  )
  const problems = Object.entries(ratios)
    .filter(([name, ratio]) => (name === 'knee' ? ratio < LEAST_KNEE : ratio > MOST_CPU))
    .map(([name, ratio]) => `baseline: ${name} is ${ratio.toFixed(2)} of what ${baseline.revision} had`)
  return { said: `compared with ${baseline.revision} of ${baseline.date.slice(0, 10)}`, ratios, problems }
}

export function baselinePath(profile: string): string {
  return join(import.meta.dirname, 'baseline', `${profile}.json`)
}

export function readBaseline(profile: string): Baseline | null {
  try {
    return JSON.parse(readFileSync(baselinePath(profile), 'utf8')) as Baseline
  } catch {
    return null
  }
}

export function writeBaseline(report: GateReport): string {
  const { profile, date, revision, machine } = report
  const { cpu, cores, memoryGb } = machine
  const baseline: Baseline = {
    ...{ profile, date, revision },
    machine: { cpu, cores, memoryGb },
    numbers: numbersOf(report),
  }
  const path = baselinePath(profile)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${JSON.stringify(baseline, null, 2)}\n`)
  return path
}

/** CPU a request is that of a rate: it falls as the load rises, so another rate is another number. */
function numbersOf({ knee, runs }: Measured): Record<string, number> {
  const cpu = runs.flatMap(({ scenario, offered, knee: found, cpuMicros }) =>
    offered === null || found !== null
      ? []
      : [[`${scenario} at ${offered}/s, api µs`, cpuMicros['api'] ?? 0] as const],
  )
  return { ...(knee && { knee }), ...Object.fromEntries(cpu) }
}
