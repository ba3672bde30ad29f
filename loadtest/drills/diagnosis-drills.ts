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
  /** Whether it is in what people ask for. */
  oneZone?: boolean
  /** Where it is not in the process. @returns how to end it */
  begin?(scene: Scene): Promise<() => Promise<void>>
}

const PROMISE_SECONDS = 60
const LOAD_SECONDS = PROMISE_SECONDS + 10
/** Longer than the rules that accuse somebody wait. */
const HEALTHY_SECONDS = 30
const BEFORE_END_MS = 8000
/** Rules that accuse somebody. The others tell of the process, and fire on a machine that is busy otherwise. */
const ACCUSING = ['n-plus-one', 'hot-zone', 'open-resources', 'pool-wait']
const preloaded = resolve(import.meta.dirname, 'mistakes/mistake.mjs')

interface Told {
  rules: { name: string; last: { verdict: string; artifact: string | null } | null }[]
}

function diagnosis({ name, summary, culprit, settings, oneZone = false, begin }: Mistake): Drill {
  return {
    name,
    kind: 'diagnosis',
    summary,
    async run(run: DrillRun): Promise<DrillOutcome> {
      let verdict: string | undefined
      const outcome = await underLoad(run, {
        seconds: LOAD_SECONDS,
        mayHang: true,
        oneZone,
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
              const told = verdictsOf(await rulesOf(scene))
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

async function rulesOf({ api }: Scene): Promise<Told['rules']> {
  const response = await fetch(`${api.diagnosticsUrl}/debug/rules`)
  return ((await response.json()) as Told).rules
}

function verdictsOf(rules: Told['rules']): string[] {
  return rules.flatMap(({ name, last }) => (last ? [`${name}: ${last.verdict}`] : []))
}

/** The same load without a mistake: nobody is accused of what is in the sale's nature. */
const healthy: Drill = {
  name: 'healthy',
  kind: 'diagnosis',
  summary:
    'nothing is wrong, and nobody is accused: of asking too often, having all the traffic, holding the pool, leaving things open',
  async run(run: DrillRun): Promise<DrillOutcome> {
    let accusations: string[] = []
    const outcome = await underLoad(run, {
      seconds: HEALTHY_SECONDS,
      settings: { DIAGNOSTICS_DIR: join(run.stage.dir, 'artifacts') },
      sellsOn: true,
      async strike(): Promise<Facts> {
        await sleep(HEALTHY_SECONDS * 1000 - BEFORE_END_MS, undefined, { signal: run.signal })
        return {}
      },
      async after(scene) {
        const rules = await rulesOf(scene)
        const missing = ACCUSING.filter((rule) => !rules.some(({ name }) => name === rule))
        accusations = verdictsOf(rules.filter(({ name }) => ACCUSING.includes(name)))
        return [...accusations, ...missing.map((rule) => `there is no rule ${rule}`)]
      },
    })
    return { ...outcome, verdict: accusations.join(' | ') || 'nobody is accused' }
  },
}

const mistakes: readonly Drill[] = [
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
  {
    name: 'n-plus-one',
    summary: 'every third reservation asks PostgreSQL fifteen times for one row',
    culprit:
      /^n-plus-one: .*\/reserve sent the same statement \d+ times, asked by askForEachSeat .*mistake\.mjs.*SELECT name, capacity/,
  },
  {
    name: 'hot-zone',
    summary: 'everybody wants one of four zones',
    culprit: /^hot-zone: .*The zone "Zone 0" .* one of 4, had \d+ % of the \d+ reservations/,
    oneZone: true,
  },
].map(diagnosis)

export const diagnosisDrills: readonly Drill[] = [...mistakes, healthy]

async function lockedBookings({ stage }: Scene): Promise<() => Promise<void>> {
  const client = new Client({ connectionString: stage.config.DATABASE_URL })
  await client.connect()
  await client.query('BEGIN; LOCK TABLE payments IN ACCESS EXCLUSIVE MODE')
  return () => client.end()
}
