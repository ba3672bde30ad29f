import { parseArgs } from 'node:util'
import { wholeNumber } from '../whole-number.ts'
import { type ProfileScenario, profileScenarios } from './scenarios.ts'
import { refusedTools, type Tool, tools } from './tools.ts'

export const profileUsage = `usage: npm run profile -- TOOL --scenario NAME [--seconds S] [--connections N] [--rate R] [--yes]
${tools.map(({ name, summary }) => `  ${name.padEnd(13)}${summary}`).join('\n')}
  --scenario NAME
${profileScenarios.map(({ name, summary }) => `    ${name.padEnd(11)}${summary}`).join('\n')}
  --seconds S      length of the load (10)
  --connections N  each sends its next request behind its last answer (32)
  --rate R         requests a second of all of them together, instead of as many as there can be
  --yes            install what is missing without asking`

export interface ProfileOptions {
  tool: Tool
  scenario: ProfileScenario
  seconds: number
  connections: number
  /** Requests a second; null: as many as there can be. */
  rate: number | null
  assumeYes: boolean
}

const SECONDS_MAX = 600
const CONNECTIONS_MAX = 1000
const RATE_MAX = 100_000

/** @returns null for what cannot be understood, or a line why not for a tool that is known and of no use */
export function parseProfile(args: string[]): ProfileOptions | string | null {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        scenario: { type: 'string' },
        seconds: { type: 'string', default: '10' },
        connections: { type: 'string', default: '32' },
        rate: { type: 'string' },
        yes: { type: 'boolean', default: false },
      },
    })
    const [asked = ''] = positionals
    if (positionals.length !== 1) return null
    if (Object.hasOwn(refusedTools, asked)) return refusedTools[asked] ?? null
    const tool = tools.find(({ name }) => name === asked)
    const scenario = profileScenarios.find(({ name }) => name === values.scenario)
    if (!tool || !scenario) return null
    return {
      tool,
      scenario,
      seconds: wholeNumber(values.seconds, SECONDS_MAX),
      connections: wholeNumber(values.connections, CONNECTIONS_MAX),
      rate: values.rate === undefined ? null : wholeNumber(values.rate, RATE_MAX),
      assumeYes: values.yes,
    }
  } catch {
    return null
  }
}
