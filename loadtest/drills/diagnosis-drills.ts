/** Mistakes under load: within a minute the diagnostics say by themselves whose it is. The drill only knows what they must say. */
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import type { Drill, DrillOutcome, DrillRun, Facts } from './drill.ts'
import { type Scene, underLoad } from './under-load.ts'

interface Mistake {
  name: string
  summary: string
  /** What the verdict of one of the rules must say. */
  culprit: RegExp
  settings?: Readonly<Record<string, string>>
  /** Where it is not in the process. @returns how to end it */
  begin?(scene: Scene): Promise<() => Promise<void>>
}

const PROMISE_SECONDS = 60
const LOAD_SECONDS = PROMISE_SECONDS + 10
const preloaded = resolve(import.meta.dirname, 'mistakes/mistake.mjs')

interface Told {
  rules: { name: string; last: { verdict: string; artifact: string | null } | null }[]
}

function diagnosis({ name, summary, culprit, settings, begin }: Mistake): Drill {
  return {
    name,
    kind: 'diagnosis',
    summary,
    async run(run: DrillRun): Promise<DrillOutcome> {
      let verdict: string | undefined
      const outcome = await underLoad(run, {
        seconds: LOAD_SECONDS,
        mayHang: true,
        settings: {
          DIAGNOSTICS_DIR: join(run.stage.dir, 'artifacts'),
          MISTAKE: name,
          NODE_OPTIONS: `--import=${preloaded}`,
          ...settings,
        },
        async strike(scene): Promise<Facts> {
          const startedMs = performance.now()
          const passed = () => (performance.now() - startedMs) / 1000
          const end = await begin?.(scene)
          try {
            while (passed() < PROMISE_SECONDS) {
              const told = await verdicts(scene)
              verdict = told.find((one) => culprit.test(one)) ?? told.join(' | ')
              if (culprit.test(verdict)) return { 'named after': `${passed().toFixed(0)} s` }
              await sleep(1000, undefined, { signal: run.signal })
            }
            return { 'named after': 'never' }
          } finally {
            await end?.()
          }
        },
      })
      const isNamed = culprit.test(verdict ?? '')
      return {
        ...outcome,
        ...(verdict && { verdict }),
        problems: isNamed
          ? outcome.problems
          : [...outcome.problems, `no verdict named ${culprit.source} within ${PROMISE_SECONDS} s`],
      }
    },
  }
}

async function verdicts({ api }: Scene): Promise<string[]> {
  const response = await fetch(`${api.diagnosticsUrl}/debug/rules`)
  const { rules } = (await response.json()) as Told
  return rules.flatMap(({ name, last }) => (last ? [`${name}: ${last.verdict}`] : []))
}

export const diagnosisDrills: readonly Drill[] = [
  {
    name: 'blocked-loop',
    summary: 'every sixtieth reservation spins for 400 ms',
    culprit: /spinForAWhile .*mistake\.mjs/,
  },
  {
    name: 'slow-json',
    summary: 'every fourth reservation turns 60,000 objects into JSON',
    culprit: /describeEverySeat .*mistake\.mjs/,
  },
  {
    name: 'leak',
    summary: 'every reservation keeps 8,000 objects for ever',
    culprit: /stayed that .*rememberForEver .*mistake\.mjs/,
  },
  {
    name: 'timers',
    summary: 'every reservation sets sixty timers of an hour',
    culprit: /of them Timeout.*remindLater .*mistake\.mjs/,
  },
  {
    name: 'gc-thrash',
    summary: 'every reservation throws 160,000 objects away',
    culprit: /throwAway .*mistake\.mjs/,
  },
  {
    name: 'pool',
    summary: 'a table is locked, and with it every connection of the pool is held by somebody who waits',
    culprit: /pool of the requests was waited for \d+ times/,
    begin: lockedBookings,
  },
].map(diagnosis)

async function lockedBookings({ stage }: Scene): Promise<() => Promise<void>> {
  const client = new Client({ connectionString: stage.config.DATABASE_URL })
  await client.connect()
  await client.query('BEGIN; LOCK TABLE payments IN ACCESS EXCLUSIVE MODE')
  return () => client.end()
}
