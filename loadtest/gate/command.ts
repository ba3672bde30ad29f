import { writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { openStage } from '../bench/stage.ts'
import { failureText } from '../cannot-run.ts'
import { k6Path, reportDir } from '../run/command.ts'
import { stopOnSignals } from '../stop-on-signals.ts'
import { readBaseline, writeBaseline } from './baseline.ts'
import { keepLoadTests } from './load-tests-page.ts'
import { renderPage } from './page.ts'
import { type ProfileName, profileNames, profiles } from './profiles.ts'
import { type GateReport, runGate } from './run-gate.ts'

export const gateUsage = `usage: npm run gate [-- --profile ${profileNames.join('|')}] [--processes N] [--quick] [--record] [--yes]
  --profile ci    the knee of this machine, then 0.7 of it, sold out, a herd, dirty clients (the default; under four minutes)
  --profile full  10,000/s and every other scenario; its results become docs/load-tests.md (some seventeen minutes, more where something is slow)
  --processes N   API processes behind the one port (1)
  --quick         loads of ten seconds at 1,000/s at most: shows that everything works, and is never a baseline
  --record        this run becomes the baseline of its profile, if it passes
  --yes           install what is missing without asking`

interface Asked {
  profile: ProfileName
  processes: number
  quick: boolean
  record: boolean
  assumeYes: boolean
}

/** @returns the exit code: 2 for what cannot be understood, 1 when something is missing or does not hold */
export async function gateCommand(args: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`)
  const asked = parse(args)
  if (asked === null) {
    say(gateUsage)
    return 2
  }
  const { profile, processes, quick, record } = asked
  const signal = stopOnSignals(say)
  const startedMs = performance.now()
  try {
    const dir = reportDir(`gate-${profile}`)
    const k6 = await k6Path(dir, say)
    say(`gate ${profile}: starting stores`)
    const assumeYes = asked.assumeYes || env['CI'] === 'true'
    const stage = await openStage({ kafka: true, assumeYes, report: say })
    let report: GateReport
    try {
      // What was loaded less is compared with nothing.
      const baseline = quick ? null : readBaseline(profile)
      report = await runGate({
        stage,
        profile,
        steps: profiles[profile],
        quick,
        k6,
        processes,
        dir,
        baseline,
        say,
        signal,
      })
    } finally {
      await stage.close()
    }
    writeFileSync(join(dir, 'report.json'), `${JSON.stringify(report, null, 1)}\n`)
    writeFileSync(join(dir, 'report.html'), renderPage(report, dir))
    if (profile === 'full' && !quick) say(`results in ${relative(process.cwd(), keepLoadTests(report))}`)
    const passed = report.problems.length === 0
    if (record && passed) say(`recorded in ${relative(process.cwd(), writeBaseline(report))}`)
    say('')
    say(
      `gate ${profile}: ${passed ? 'passed' : 'FAILED'} in ${((performance.now() - startedMs) / 1000).toFixed(0)} s`,
    )
    for (const problem of report.problems) say(`  ${problem}`)
    say(`  baseline  ${report.baseline.said}`)
    say(`  report    ${relative(process.cwd(), dir)}/report.html, report.json`)
    return passed ? 0 : 1
  } catch (error) {
    if (signal.aborted) return 130
    say(failureText(error))
    return 1
  }
}

function parse(args: string[]): Asked | null {
  try {
    const { values } = parseArgs({
      args,
      options: {
        profile: { type: 'string', default: 'ci' },
        processes: { type: 'string', default: '1' },
        quick: { type: 'boolean', default: false },
        record: { type: 'boolean', default: false },
        yes: { type: 'boolean', default: false },
      },
    })
    const profile = profileNames.find((name) => name === values.profile)
    const processes = Number(values.processes)
    if (!profile || !Number.isInteger(processes) || processes < 1 || processes > 32) return null
    const { quick, record, yes: assumeYes } = values
    if (quick && record) return null
    return { profile, processes, quick, record, assumeYes }
  } catch {
    return null
  }
}
