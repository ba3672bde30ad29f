import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { openStage, toolsDir } from '../bench/stage.ts'
import { CannotRun, failureText } from '../cannot-run.ts'
import { stopOnSignals } from '../stop-on-signals.ts'
import { timestamp } from '../timestamp.ts'
import { resultLines } from './lines.ts'
import { loadtestUsage, parseLoadtest } from './options.ts'
import { provideK6 } from './provide-k6.ts'
import { runScenario } from './run-scenario.ts'

const reportsDir = resolve(import.meta.dirname, '../../.data/loadtest')

/** @returns the exit code: 2 for what cannot be understood, 1 when something is missing or a run has not passed */
export async function loadtestCommand(args: string[]): Promise<number> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`)
  const options = parseLoadtest(args)
  if ('problem' in options) {
    say(`${loadtestUsage}\n\n${options.problem}`)
    return 2
  }
  const { scenario, shape, processes, assumeYes, json } = options
  const signal = stopOnSignals(say)
  try {
    const dir = reportDir(scenario.name)
    const k6 = await k6Path(dir, say)
    say(`${scenario.name}: ${scenario.summary}; starting stores`)
    const stage = await openStage({ kafka: true, assumeYes, report: say })
    try {
      signal.throwIfAborted()
      const result = await runScenario({ stage, k6, scenario, shape, processes, dir, say, signal })
      for (const line of resultLines(result, dir)) say(line)
      if (json) process.stdout.write(`${JSON.stringify(result)}\n`)
      return result.problems.length === 0 ? 0 : 1
    } finally {
      await stage.close()
    }
  } catch (error) {
    if (signal.aborted) return 130
    say(failureText(error))
    return 1
  }
}

/** A folder of its own for the reports of a run, also for one of two that begin in the same second. */
export function reportDir(name: string): string {
  mkdirSync(reportsDir, { recursive: true })
  const path = join(reportsDir, `${name}-${timestamp()}`)
  for (let turn = 1; ; turn++) {
    const dir = turn === 1 ? path : `${path}-${turn}`
    try {
      mkdirSync(dir)
      return dir
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}

/** @throws in a line that says how to get it */
export async function k6Path(dir: string, report: (line: string) => void): Promise<string> {
  const logPath = join(dir, 'k6-build.log')
  const k6 = await provideK6({ toolsDir, logPath, env: process.env, report })
  if (k6.kind === 'missing') throw new CannotRun(k6.why)
  return k6.path
}
