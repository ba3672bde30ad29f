import { writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { auditStage } from '../bench/audit-stage.ts'
import { provideWrk } from '../bench/find-wrk.ts'
import { describeMachine, describeVersions, gitRevision } from '../bench/machine.ts'
import { renderSection } from '../bench/report.ts'
import { type BenchResult, writeResult } from '../bench/result.ts'
import { benchDir, openStage } from '../bench/stage.ts'
import { writePages } from '../bench/write-pages.ts'
import { CannotRun, failureText } from '../cannot-run.ts'
import { k6Path, reportDir } from '../run/command.ts'
import { stopOnSignals } from '../stop-on-signals.ts'
import { parseSoak, type SoakOptions, soakUsage } from './options.ts'
import { runSoak } from './run-soak.ts'

/** Millions of events are read for the comparison with Kafka. */
const AUDIT_TIMEOUT_MS = 1_800_000

/** @returns the exit code: 2 for what cannot be understood, 1 when something is missing, fails, or memory grew that nothing explains */
export async function soakCommand(args: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`)
  const options = parseSoak(args)
  if (options === null) {
    say(soakUsage)
    return 2
  }
  if (process.platform !== 'linux') {
    say('the soak reads /proc: it runs on Linux only')
    return 1
  }
  const signal = stopOnSignals(say)
  try {
    const { assumeYes, quick, json } = options
    const missing = await provideWrk({ assumeYes, dataDir: benchDir, env, report: say })
    if (missing !== null) throw new CannotRun(missing)
    const result = await soak(options, reportDir('soak'), say, signal)
    if (!quick) {
      writeResult(result)
      writePages()
    }
    process.stdout.write(json ? `${JSON.stringify(result)}\n` : `\n${renderSection(result)}\n`)
    const faults = result.measured.judgements.filter(({ held }) => !held)
    for (const { what, why } of faults) say(`PROBLEM ${what}: ${why}`)
    return faults.length === 0 ? 0 : 1
  } catch (error) {
    if (signal.aborted) return 130
    say(failureText(error))
    return 1
  }
}

async function soak(
  options: SoakOptions,
  dir: string,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<BenchResult<'soak'>> {
  const { assumeYes, command, seconds, rounds } = options
  const k6 = await k6Path(dir, say)
  const machine = describeMachine()
  say('soak: starting stores')
  const stage = await openStage({ kafka: true, assumeYes, report: say })
  try {
    signal.throwIfAborted()
    const measured = await runSoak({ stage, k6, options, say, signal })
    // Whatever the audit says, what took so long to measure is kept.
    writeFileSync(join(dir, 'measured.json'), `${JSON.stringify(measured, null, 1)}\n`)
    say(`  measured.json in ${relative(process.cwd(), dir)}; audit`)
    const audit = await auditStage(stage, true, AUDIT_TIMEOUT_MS)
    return {
      bench: 'soak',
      command,
      date: new Date().toISOString(),
      revision: gitRevision(),
      machine,
      versions: await describeVersions(stage.tools),
      seconds,
      rounds,
      audit,
      measured,
    }
  } finally {
    await stage.close()
  }
}
