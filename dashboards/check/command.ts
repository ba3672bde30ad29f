/** `npm run dashboards -- check`: every expression of every panel and rule, asked of a real Prometheus. */
import { join } from 'node:path'
import { benchDir, openStage, toolsDir } from '../../loadtest/bench/stage.ts'
import { provideK6 } from '../../loadtest/run/provide-k6.ts'
import { type Asker, askPrometheus } from './ask.ts'
import { readExpressions } from './expressions.ts'
import { makeJudge } from './judge.ts'
import { checkConfig } from './prometheus-config.ts'
import { type Judged, reportLines } from './report.ts'
import { runService } from './run.ts'

const JOB = 'floodgate'

export interface CheckOptions {
  assumeYes: boolean
  /** Without it what k6 writes cannot be checked: its expressions are left out, and said to be. */
  withK6: boolean
  signal: AbortSignal
  env: NodeJS.ProcessEnv
  print: (line: string) => void
  say: (line: string) => void
}

/** @returns whether every expression is sound; @throws when the check could not be carried out */
export async function check(options: CheckOptions): Promise<boolean> {
  const { assumeYes, signal, print, say } = options
  const startedMs = performance.now()
  const k6 = await k6Path(options)
  say('dashboards: starting stores and Prometheus')
  const stage = await openStage({ kafka: true, assumeYes, report: say, prometheus: checkConfig })
  try {
    const prometheusUrl = stage.prometheusUrl
    if (prometheusUrl === undefined) throw new Error('Prometheus was not started')
    signal.throwIfAborted()
    const run = await runService({ stage, prometheusUrl, k6, signal, say })
    try {
      const ask = askPrometheus(prometheusUrl)
      await assertHealthy(ask)
      say('  asking')
      const { time, target } = run
      const rangeSeconds = Math.ceil(time.to - time.from)
      const judge = makeJudge(ask, { job: JOB, target, rangeSeconds }, time)
      const judged: Judged[] = []
      for (const expression of readExpressions()) {
        signal.throwIfAborted()
        if (k6 === null && isOfK6(expression.text)) continue
        judged.push({ ...expression, verdict: await judge(expression) })
      }
      for (const line of reportLines(judged)) print(line)
      if (k6 === null) print('without k6: the expressions over its metrics were left out')
      say(`dashboards: done in ${((performance.now() - startedMs) / 1000).toFixed(0)} s`)
      return judged.every(({ verdict }) => verdict.kind !== 'broken')
    } finally {
      await run.close()
    }
  } finally {
    await stage.close()
  }
}

async function k6Path({ withK6, env, say }: CheckOptions): Promise<string | null> {
  if (!withK6) return null
  const k6 = await provideK6({ toolsDir, env, report: say, logPath: join(benchDir, 'k6-build.log') })
  if (k6.kind === 'missing')
    throw new Error(`${k6.why}. Without it: npm run dashboards -- check --without-k6`)
  return k6.path
}

/** Everything is scraped, and every rule is evaluated. */
async function assertHealthy(ask: Asker): Promise<void> {
  const { up, down } = await ask.targets()
  if (up === 0 || down.length > 0)
    throw new Error(`not every process is scraped: ${down.join('; ') || 'none is'}`)
  const failed = await ask.failedRules()
  if (failed.length > 0)
    throw new Error(`rules fail: ${failed.map(({ name, why }) => `${name}: ${why}`).join('; ')}`)
}

function isOfK6(text: string): boolean {
  return /\bk6_|\btestid\b/.test(text)
}
