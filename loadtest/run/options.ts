import { parseArgs } from 'node:util'
import { durationSeconds } from '../duration.ts'
import { wholeNumber } from '../whole-number.ts'
import type { Scenario, Shape } from './scenario.ts'
import { scenarios } from './scenarios.ts'

export const loadtestUsage = `usage: npm run loadtest -- SCENARIO [--rate R] [--duration 90s|5m] [--users N] [--people N] [--processes N] [--yes] [--json]
${scenarios.map(({ name, summary }) => `  ${name.padEnd(11)} ${summary}`).join('\n')}
  --rate R       iterations a second
  --duration D   how long, as 30s or 5m
  --users N      users of k6 that are ready before the load begins
  --people N     how many people take part (queue, herd)
  --processes N  API processes behind the one port (1)
  --yes          install what is missing without asking
  --json         the result on standard output, as JSON`

export interface LoadtestOptions {
  scenario: Scenario
  shape: Shape
  processes: number
  assumeYes: boolean
  json: boolean
}

const RATE_MAX = 100_000
const SECONDS_MAX = 3600

/** @returns what cannot be understood, in a sentence; a scenario has only those numbers that it says may be changed */
export function parseLoadtest(args: string[]): LoadtestOptions | { problem: string } {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        rate: { type: 'string' },
        duration: { type: 'string' },
        users: { type: 'string' },
        people: { type: 'string' },
        processes: { type: 'string', default: '1' },
        yes: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    })
    const scenario = scenarios.find(({ name }) => name === positionals[0])
    if (!scenario || positionals.length !== 1) throw new RangeError('one scenario must be named')
    const given = {
      rate: whole('--rate', values.rate, RATE_MAX),
      seconds: secondsOf(values.duration),
      users: whole('--users', values.users, 20_000),
      people: whole('--people', values.people, scenario.tokens),
    }
    for (const name of ['rate', 'seconds', 'users', 'people'] as const)
      checkBounds(scenario, name, given[name])
    const shape = Object.fromEntries(
      Object.entries({ ...scenario.shape, ...defined(given) }),
    ) as unknown as Shape
    const { yes: assumeYes, json } = values
    const processes = whole('--processes', values.processes, 32) ?? 1
    return { scenario, shape, processes, assumeYes, json }
  } catch (error) {
    return { problem: (error as Error).message }
  }
}

function defined(given: Record<string, number | undefined>): Record<string, number> {
  return Object.fromEntries(Object.entries(given).flatMap(([k, v]) => (v === undefined ? [] : [[k, v]])))
}

const flags = { rate: '--rate', seconds: '--duration', users: '--users', people: '--people' } as const

function checkBounds({ name, changes }: Scenario, what: keyof typeof flags, value: number | undefined): void {
  if (value === undefined) return
  const bounds = changes[what]
  if (!bounds) throw new RangeError(`${name} takes no ${flags[what]}`)
  const [least, most] = bounds
  if (value < least || value > most)
    throw new RangeError(`${flags[what]} of ${name} is from ${least} to ${most}`)
}

function whole(flag: string, text: string | undefined, most: number): number | undefined {
  try {
    return text === undefined ? undefined : wholeNumber(text, most)
  } catch {
    throw new RangeError(`${flag} is a whole number from 1 to ${most}`)
  }
}

function secondsOf(text: string | undefined): number | undefined {
  try {
    return text === undefined ? undefined : durationSeconds(text, SECONDS_MAX)
  } catch {
    throw new RangeError(`--duration is as 30s or 5m, and ${SECONDS_MAX} s at most`)
  }
}
