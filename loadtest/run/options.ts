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

/** @returns null for what cannot be understood; a scenario has only those numbers that its shape has */
export function parseLoadtest(args: string[]): LoadtestOptions | null {
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
    if (!scenario || positionals.length !== 1) return null
    const given = {
      rate: whole(values.rate, RATE_MAX),
      seconds: secondsOf(values.duration),
      users: whole(values.users, 20_000),
      people: whole(values.people, scenario.tokens),
    }
    if (given.rate && !scenario.shape.rate) return null
    if (given.people && !scenario.shape.people) return null
    const shape = Object.fromEntries(
      Object.entries({ ...scenario.shape, ...defined(given) }),
    ) as unknown as Shape
    const { yes: assumeYes, json } = values
    return { scenario, shape, processes: whole(values.processes, 32) ?? 1, assumeYes, json }
  } catch {
    return null
  }
}

function defined(given: Record<string, number | undefined>): Record<string, number> {
  return Object.fromEntries(Object.entries(given).flatMap(([k, v]) => (v === undefined ? [] : [[k, v]])))
}

function whole(text: string | undefined, most: number): number | undefined {
  return text === undefined ? undefined : wholeNumber(text, most)
}

function secondsOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : durationSeconds(text, SECONDS_MAX)
}
