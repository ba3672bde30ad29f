import { rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { provideWrk } from '../bench/find-wrk.ts'
import { benchDir, openStage } from '../bench/stage.ts'
import { CannotRun, failureText } from '../cannot-run.ts'
import { stopOnSignals } from '../stop-on-signals.ts'
import { timestamp } from '../timestamp.ts'
import { parseProfile, profileUsage } from './options.ts'
import { runProfile } from './run-profile.ts'

const profilesDir = resolve(import.meta.dirname, '../../.data/profiles')

/** @returns the exit code: 2 for what cannot be understood or is of no use, 1 when something is missing or fails */
export async function profileCommand(args: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`)
  const options = parseProfile(args)
  if (options === null || typeof options === 'string') {
    say(options ?? profileUsage)
    return 2
  }
  if (process.platform !== 'linux') {
    say('npm run profile reads /proc: it runs on Linux only')
    return 1
  }
  const { tool, scenario, assumeYes } = options
  const signal = stopOnSignals(say)
  const dir = join(profilesDir, `${timestamp()}-${tool.name}-${scenario.name}`)
  try {
    const missing = await provideWrk({ assumeYes, dataDir: benchDir, env, report: say })
    if (missing !== null) throw new CannotRun(missing)
    signal.throwIfAborted()
    say(`${tool.name}: ${tool.summary}; starting stores`)
    // The worker runs whole: without a broker to join it would start one.
    const stage = await openStage({ kafka: true, assumeYes, report: say })
    try {
      signal.throwIfAborted()
      const { perSecond, p99Ms, cpuMicros, reports } = await runProfile({
        ...options,
        stage,
        dir,
        say,
        signal,
      })
      say(
        `  ${perSecond.toFixed(0)} answers a second under ${tool.name}, p99 ${p99Ms.toFixed(1)} ms, ${cpuMicros.toFixed(0)} µs CPU of the API each`,
      )
      // The report may have been asked for to stop while it was written.
      signal.throwIfAborted()
      for (const report of reports) process.stdout.write(`${report}\n`)
    } finally {
      await stage.close()
    }
    return 0
  } catch (error) {
    if (signal.aborted) {
      // Half of a profile is none.
      rmSync(dir, { recursive: true, force: true })
      return 130
    }
    say(failureText(error))
    return 1
  }
}
