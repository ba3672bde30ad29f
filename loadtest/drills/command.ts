import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { openStage } from '../bench/stage.ts'
import { failureText } from '../cannot-run.ts'
import { k6Path, reportDir } from '../run/command.ts'
import { stopOnSignals } from '../stop-on-signals.ts'
import { diagnosisDrills } from './diagnosis-drills.ts'
import type { Drill, DrillOutcome, DrillRun } from './drill.ts'
import { faultDrills } from './fault-drills.ts'

const drills: readonly Drill[] = [...faultDrills, ...diagnosisDrills]

export const drillUsage = `usage: npm run drill [-- NAME …] [--yes] [--json]
${drills.map(({ name, summary }) => `  ${name.padEnd(15)} ${summary}`).join('\n')}
  faults, diagnoses   all of one kind
  no NAME             all of them, one after the other, each on stores of its own
  --yes               install what is missing without asking
  --json              the outcomes on standard output, as JSON`

export interface Asked {
  chosen: readonly Drill[]
  assumeYes: boolean
  json: boolean
}

/** @returns null for what cannot be understood */
export function parseDrill(args: string[]): Asked | null {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { yes: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
    })
    const of = (name: string): readonly Drill[] =>
      name === 'faults'
        ? faultDrills
        : name === 'diagnoses'
          ? diagnosisDrills
          : drills.filter((drill) => drill.name === name)
    const chosen = positionals.length === 0 ? drills : positionals.flatMap(of)
    if (positionals.some((name) => of(name).length === 0)) return null
    return { chosen, assumeYes: values.yes, json: values.json }
  } catch {
    return null
  }
}

/** @returns the exit code: 2 for what cannot be understood, 1 when something is missing or not as promised */
export async function drillCommand(args: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`)
  const asked = parseDrill(args)
  if (asked === null) {
    say(drillUsage)
    return 2
  }
  const signal = stopOnSignals(say)
  const outcomes: Record<string, DrillOutcome> = {}
  try {
    const dir = reportDir('drill')
    const k6 = await k6Path(dir, say)
    for (const drill of asked.chosen) {
      say(`${drill.name}: ${drill.summary}`)
      const assumeYes = asked.assumeYes || env['CI'] === 'true'
      // One that cannot be done here fails, and keeps no other from being done.
      const outcome = await carriedOut(drill, {
        assumeYes,
        k6,
        dir: join(dir, drill.name),
        signal,
        say,
      }).catch(
        (error: unknown): DrillOutcome => ({
          facts: {},
          problems: [`could not be done: ${failureText(error)}`],
        }),
      )
      signal.throwIfAborted()
      outcomes[drill.name] = outcome
      for (const line of linesOf(outcome)) say(line)
    }
    say(`reports in ${relative(process.cwd(), dir)}`)
  } catch (error) {
    if (signal.aborted) return 130
    say(failureText(error))
    return 1
  }
  if (asked.json) process.stdout.write(`${JSON.stringify(outcomes)}\n`)
  return Object.values(outcomes).every(({ problems }) => problems.length === 0) ? 0 : 1
}

type Carried = Omit<DrillRun, 'stage'> & { assumeYes: boolean }

async function carriedOut(drill: Drill, { assumeYes, ...run }: Carried): Promise<DrillOutcome> {
  const stage = await openStage({ kafka: true, assumeYes, report: run.say })
  try {
    run.signal.throwIfAborted()
    return await drill.run({ ...run, stage })
  } finally {
    await stage.close()
  }
}

function linesOf({ facts, verdict, problems }: DrillOutcome): string[] {
  return [
    ...Object.entries(facts).map(([name, value]) => `  ${name}: ${value}`),
    ...(verdict === undefined ? [] : [`  VERDICT  ${verdict}`]),
    ...problems.map((problem) => `  PROBLEM  ${problem}`),
    problems.length === 0 ? '  passed' : '  FAILED',
  ]
}
