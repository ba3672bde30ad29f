import { parseArgs } from 'node:util'

export const benchNames = [
  'ceiling',
  'capacity',
  'persist',
  'pools',
  'refused',
  'queue',
  'streams',
  'crowd',
  'startup',
  'overhead',
  'diagnostics',
] as const
export type BenchName = (typeof benchNames)[number]
/** What has a result in docs/benchmarks: the benches, and what has a command of its own because of its length. */
export const resultNames = [...benchNames, 'soak'] as const
export type ResultName = (typeof resultNames)[number]

export const benchUsage = `usage: npm run bench -- [NAME …] [--seconds S] [--rounds N] [--quick] [--yes]
  ceiling   what this machine can do at most: bare Fastify and one script call
  capacity  reservations per second with everything on, beside the ceiling
  persist   rows per second of the persister alone, by batch size
  pools     pool sizes of Redis and PostgreSQL against throughput
  refused   answers per second that say no: sold out, over a limit, too often, overloaded
  queue     half a million waiting: joins, polls, release rate, memory
  streams   10,000 streams of positions and more in one process
  crowd     10,000 people from joining the queue to the ticket
  startup   from the spawn to the first seat held, cold and warm, with the stores and without
  diagnostics  how soon a blocked process gives its stack, and how long turning a window of samples over stalls
  overhead  each layer of the request path alone: token, metrics, tracing, logs, profiling
  no NAME   all of them (some fifteen minutes)
  --seconds S  length of one measurement (4)
  --rounds N   measurements of each variant, interleaved (3)
  --quick      short and few: shows that everything works; writes nothing into docs/
  --yes        install what is missing without asking`

export interface BenchOptions {
  names: readonly BenchName[]
  seconds: number
  rounds: number
  quick: boolean
  assumeYes: boolean
  /** What was typed, for whoever wants to repeat it. */
  command: string
}

/** @returns null for what cannot be understood */
export function parseOptions(args: string[]): BenchOptions | null {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        seconds: { type: 'string' },
        rounds: { type: 'string' },
        quick: { type: 'boolean', default: false },
        yes: { type: 'boolean', default: false },
      },
    })
    const names = benchNames.filter((name) => positionals.length === 0 || positionals.includes(name))
    const { quick } = values
    const seconds = Number(values.seconds ?? (quick ? 1 : 4))
    const rounds = Number(values.rounds ?? (quick ? 1 : 3))
    const known = positionals.every((name) => (benchNames as readonly string[]).includes(name))
    if (!known || !within(seconds, 1, 120) || !within(rounds, 1, 50)) return null
    const command = ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' ')
    return { names, seconds, rounds, quick, assumeYes: values.yes, command }
  } catch {
    return null
  }
}

function within(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most
}
