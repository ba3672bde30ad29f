import { CannotRun, failureText } from '../cannot-run.ts'
import { stopOnSignals } from '../stop-on-signals.ts'
import { auditStage } from './audit-stage.ts'
import { measureCapacity } from './capacity.ts'
import { measureCeiling } from './ceiling.ts'
import { measureCrowd } from './crowd.ts'
import { measureDiagnostics } from './diagnostics.ts'
import { provideWrk } from './find-wrk.ts'
import { describeMachine, describeVersions, gitRevision } from './machine.ts'
import { type BenchName, type BenchOptions, benchUsage, parseOptions } from './options.ts'
import { measureOverhead } from './overhead.ts'
import { measurePersist } from './persist.ts'
import { type BenchRun, planOf } from './plan.ts'
import { measurePools } from './pools.ts'
import { measureQueue } from './queue.ts'
import { measureRefused } from './refused.ts'
import { renderSection } from './report.ts'
import { type BenchResult, type MeasuredOf, writeResult } from './result.ts'
import { benchDir, openStage, type Stage } from './stage.ts'
import { measureStartup } from './startup.ts'
import { measureStreams } from './streams.ts'
import { writePages } from './write-pages.ts'

const MAX_PROCESSES = 32

/** What runs on one set of stores, and gives the results of one or more names. */
interface Work {
  gives: readonly BenchName[]
  /** Whether Kafka takes part, and is compared at the end. */
  kafka: boolean
  measure(run: BenchRun, stage: Stage): Promise<Partial<MeasuredOf>>
}

const ceilingAlone: Work = {
  gives: ['ceiling'],
  kafka: false,
  measure: async (run, stage) => ({ ceiling: await measureCeiling(run, stage) }),
}
const capacity: Work = {
  gives: ['ceiling', 'capacity'],
  kafka: true,
  async measure(run, stage) {
    const measured = await measureCapacity(run, stage)
    return { capacity: measured, ceiling: measured.ceiling }
  },
}
const persist: Work = {
  gives: ['persist'],
  kafka: false,
  measure: async (run, stage) => ({ persist: await measurePersist(run, stage) }),
}
const pools: Work = {
  gives: ['pools'],
  kafka: true,
  measure: async (run, stage) => ({ pools: await measurePools(run, stage) }),
}
const refused: Work = {
  gives: ['refused'],
  kafka: false,
  measure: async (run, stage) => ({ refused: await measureRefused(run, stage) }),
}

const queue: Work = {
  gives: ['queue'],
  // The worker runs whole: without a broker to join it would start one.
  kafka: true,
  measure: async (run, stage) => ({ queue: await measureQueue(run, stage) }),
}
const streams: Work = {
  gives: ['streams'],
  // The worker runs whole: without a broker to join it would start one.
  kafka: true,
  measure: async (run, stage) => ({ streams: await measureStreams(run, stage) }),
}
const crowd: Work = {
  gives: ['crowd'],
  kafka: true,
  measure: async (run, stage) => ({ crowd: await measureCrowd(run, stage) }),
}

const startup: Work = {
  gives: ['startup'],
  // The worker runs whole: without a broker to join it would start one.
  kafka: true,
  measure: async (run, stage) => ({ startup: await measureStartup(run, stage) }),
}

const overhead: Work = {
  gives: ['overhead'],
  kafka: false,
  measure: async (run, stage) => ({ overhead: await measureOverhead(run, stage) }),
}

const diagnostics: Work = {
  gives: ['diagnostics'],
  kafka: false,
  measure: async (run, stage) => ({ diagnostics: await measureDiagnostics(run, stage) }),
}

/** @returns the exit code: 2 for what cannot be understood, 1 when something is missing, fails, or the audit is not green */
export async function benchCommand(args: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`)
  const options = parseOptions(args)
  if (options === null) {
    say(benchUsage)
    return 2
  }
  if (process.platform !== 'linux') {
    say('the benchmarks read /proc: they run on Linux only')
    return 1
  }
  // Every process of a bench has a listener here, so that none outlives it.
  process.setMaxListeners(MAX_PROCESSES)
  const stopping = stopOnSignals(say)
  try {
    const missing = await provideWrk({ assumeYes: options.assumeYes, dataDir: benchDir, env, report: say })
    if (missing !== null) throw new CannotRun(missing)
    const run = { plan: planOf(options), assumeYes: options.assumeYes, signal: stopping, say }
    for (const work of worksFor(options.names)) await carryOut(work, run, options)
    return 0
  } catch (error) {
    if (stopping.aborted) return 130
    say(failureText(error))
    return 1
  }
}

/** With the capacity the ceiling is measured anyway, in turns with it. */
function worksFor(names: readonly BenchName[]): Work[] {
  const works: Work[] = []
  if (names.includes('capacity')) works.push(capacity)
  else if (names.includes('ceiling')) works.push(ceilingAlone)
  if (names.includes('persist')) works.push(persist)
  if (names.includes('pools')) works.push(pools)
  for (const work of [refused, queue, streams, crowd, startup, overhead, diagnostics]) {
    if (work.gives.some((name) => names.includes(name))) works.push(work)
  }
  return works
}

async function carryOut(work: Work, run: BenchRun, options: BenchOptions): Promise<void> {
  const names = work.gives.filter((name) => options.names.includes(name))
  const startedMs = performance.now()
  run.say(`${names.join(' and ')}: starting stores in ${benchDir}`)
  const machine = describeMachine()
  const stage = await openStage({ kafka: work.kafka, assumeYes: run.assumeYes, report: run.say })
  try {
    run.signal.throwIfAborted()
    const measured = await work.measure(run, stage)
    run.say('  audit')
    const audit = await auditStage(stage, work.kafka)
    const { command, seconds, rounds } = options
    const shared = { command, seconds, rounds, machine, audit, revision: gitRevision() }
    const versions = await describeVersions(stage.tools)
    for (const name of names) {
      const date = new Date().toISOString()
      const result = { bench: name, ...shared, versions, date, measured: measured[name] } as BenchResult
      process.stdout.write(`\n${renderSection(result)}\n`)
      if (!options.quick) writeResult(result)
    }
    if (!options.quick) writePages()
    run.say(`${names.join(' and ')}: done in ${((performance.now() - startedMs) / 1000).toFixed(0)} s`)
  } finally {
    await stage.close()
  }
}
