import { parseArgs } from 'node:util'
import { durationSeconds } from '../duration.ts'
import { wholeNumber } from '../whole-number.ts'

export const soakUsage = `usage: npm run soak [-- [--rate R] [--reads R] [--duration 10m] [--rounds N] [--hold 60s] [--quick] [--yes] [--json]]
  --rate R      requests a second (3000)
  --reads R     of them so many only look at the seats; the others reserve some (half of the rate)
  --duration D  length of a round's load, as 30s or 10m (10m)
  --rounds N    loads, one after the other, each followed by a rest and a look at every memory (2)
  --hold D      how long a reservation holds its seats; most are left to expire (60s)
  --quick       rounds of 10 s at 200/s, holds of 5 s: shows that everything works; writes nothing into docs/
  --yes         install what is missing without asking
  --json        the result on standard output, as JSON`

export interface SoakOptions {
  /** Requests a second, and how many of them are no reservations. */
  rate: number
  reads: number
  seconds: number
  rounds: number
  holdSeconds: number
  quick: boolean
  assumeYes: boolean
  json: boolean
  /** What was typed, for whoever wants to repeat it. */
  command: string
}

const RATE_MAX = 20_000
const SECONDS_MAX = 4 * 3600
/** A first round has nothing to be compared with. */
const ROUNDS_LEAST = 2

/** @returns null for what cannot be understood */
export function parseSoak(args: string[]): SoakOptions | null {
  try {
    const { values } = parseArgs({
      args,
      options: {
        rate: { type: 'string' },
        reads: { type: 'string' },
        duration: { type: 'string' },
        rounds: { type: 'string', default: '2' },
        hold: { type: 'string' },
        quick: { type: 'boolean', default: false },
        yes: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    })
    const { quick, json, yes: assumeYes } = values
    const rounds = wholeNumber(values.rounds, 20)
    if (rounds < ROUNDS_LEAST) return null
    const rate = wholeNumber(values.rate ?? (quick ? '200' : '3000'), RATE_MAX)
    const reads = values.reads === undefined ? Math.floor(rate / 2) : readsOf(values.reads, rate)
    return {
      rate,
      reads,
      seconds: durationSeconds(values.duration ?? (quick ? '10s' : '10m'), SECONDS_MAX),
      rounds,
      holdSeconds: durationSeconds(values.hold ?? (quick ? '5s' : '60s'), 86_400),
      quick,
      assumeYes,
      json,
      command: ['npm run soak', ...(args.length > 0 ? ['--', ...args] : [])].join(' '),
    }
  } catch {
    return null
  }
}

/** @throws when nothing would be left to reserve */
function readsOf(text: string, rate: number): number {
  return text === '0' ? 0 : wholeNumber(text, rate - 1)
}
