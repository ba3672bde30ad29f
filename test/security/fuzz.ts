/** Schemathesis against one address: what it is told, and what it says. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface FuzzTarget {
  /** http://host:port */
  address: string
  /** null: whoever asks has no token. */
  token: string | null
  /** Values that exist, by the parameters and fields that they fit in: `path.id`, `body.event_id`, `query.cursor`. */
  known: Readonly<Record<string, readonly string[]>>
}

export interface FuzzOptions {
  /** The words that start schemathesis. */
  command: readonly string[]
  /** For its configuration and database. */
  dir: string
  seed: number
  maxExamples: number
  timeoutMs: number
}

/**
 * Refusals of what the schema allows and no schema can tell: a token that was signed for somebody else, two keys that differ, times in the
 * wrong order, an intent for a booking that is paid for.
 */
const REFUSALS: readonly { path: string; statuses: readonly number[] }[] = [
  { path: '/api/v1/queue/join', statuses: [400] },
  { path: '/api/v1/queue/leave', statuses: [400] },
  { path: '/api/v1/bookings/reserve', statuses: [400, 422] },
  { path: '/api/v1/bookings/{id}/confirm', statuses: [410] },
  { path: '/api/v1/events', statuses: [400] },
  { path: '/api/v1/events/{id}', statuses: [400] },
]
const ACCEPTED = ['2xx', '3xx', '401', '403', '404', '409', '429']

/** How often a value that exists is tried where one fits. */
const KNOWN_PROBABILITY = 0.8

/**
 * Runs every phase on every operation of the document. @returns its exit code (0: nothing was found) and all that it wrote
 */
export async function fuzz(
  target: FuzzTarget,
  options: FuzzOptions,
): Promise<{ code: number; output: string }> {
  mkdirSync(options.dir, { recursive: true })
  const configPath = join(options.dir, 'schemathesis.toml')
  writeFileSync(configPath, configuration(target, options))
  const [program = '', ...words] = options.command
  const args = ['--config-file', configPath, 'run', `${target.address}/openapi.json`]
  const child = spawn(program, [...words, ...args], {
    cwd: options.dir,
    env: { PATH: process.env['PATH'], HOME: options.dir, PYTHONHASHSEED: '0', COLUMNS: '160' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: options.timeoutMs,
    killSignal: 'SIGKILL',
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  const [code, signal] = await once(child, 'close')
  if (signal !== null) output += `\nended by ${signal} after ${options.timeoutMs} ms at the latest`
  return { code: code ?? -1, output }
}

/** In TOML, whose strings and lists are JSON's. */
function configuration({ token, known }: FuzzTarget, { seed, maxExamples }: FuzzOptions): string {
  const names = Object.keys(known).filter((name) => known[name]?.length)
  const sections: [section: string, entries: Record<string, unknown>][] = [
    [
      '',
      {
        seed,
        'continue-on-failure': true,
        'request-timeout': 60,
        // A stream goes on for ever: one event of it is looked at.
        'max-stream-events': 1,
      },
    ],
    ['generation', { 'max-examples': maxExamples, 'no-shrink': true }],
    // Every unknown pair of method and path is 404 here.
    ['checks.unsupported_method', { enabled: false }],
    ...(token === null ? [] : ([['auth.openapi.bearer', { bearer: token }]] as [string, object][] as never)),
    ...names.map((name): [string, Record<string, unknown>] => [
      `dictionaries.${JSON.stringify(name)}`,
      { values: known[name] },
    ]),
    ...names.map((name): [string, Record<string, unknown>] => [
      `parameters.${JSON.stringify(name)}`,
      { dictionary: name, probability: KNOWN_PROBABILITY },
    ]),
  ]
  const operations = REFUSALS.map(
    ({ path, statuses }) =>
      `[[operations]]\n${entry('include-path', path)}[operations.checks.positive_data_acceptance]\n${entry('expected-statuses', [...ACCEPTED, ...statuses.map(String)])}`,
  )
  const text = sections.map(([name, entries]) => {
    const lines = Object.entries(entries).map(([key, value]) => entry(key, value))
    return `${name === '' ? '' : `[${name}]\n`}${lines.join('')}`
  })
  return [...text, ...operations].join('\n')
}

const entry = (key: string, value: unknown) => `${key} = ${JSON.stringify(value)}\n`
