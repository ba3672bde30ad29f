/** Schemathesis against one address: what it is told, and what it says. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { uniqueName } from '../support/restartable.ts'
import { notePid } from '../support/run-dir.ts'
import { provideSchemathesis } from './provide-schemathesis.ts'

/** Values that exist, by the parameters and fields that they fit in: `path.id`, `body.event_id`, `query.cursor`. */
export type Known = Readonly<Record<string, readonly string[]>>

export interface FuzzTarget {
  /** http://host:port */
  address: string
  /** null: whoever asks has no token. */
  token: string | null
  known: Known
  /** Those of one path, which go before the others. */
  knownOf: Readonly<Record<string, Known>>
}

export interface FuzzOptions {
  /** For each operation, beside the cases that its schema's borders give. */
  maxExamples: number
  timeoutMs: number
}

const isCi = process.env['CI'] === 'true'
const given = process.env['FLOODGATE_SEED']
// CI judges a change, so it tries the same every time; everybody else looks further.
const unseeded = isCi ? 1 : Math.floor(Math.random() * 2 ** 31)
export const seed = given === undefined ? unseeded : Number(given)

const runDir = process.env['FLOODGATE_TEST_DIR'] ?? ''
const tool = await provideSchemathesis({
  toolsDir: resolve(import.meta.dirname, '../../.tools'),
  dataDir: runDir,
  env: process.env,
  assumeYes: isCi,
  report: (line) => process.stderr.write(`test security: ${line}\n`),
})
if (tool.kind === 'missing' && isCi) throw new Error(tool.why)

/** For `test(name, { skip: withoutSchemathesis }, …)`: why it is not on this machine, or false. With CI=true its absence is a failure. */
export const withoutSchemathesis = tool.kind === 'missing' && tool.why

/**
 * Refusals of what the schema allows and no schema can tell: a token that was signed for somebody else, two keys that differ, a key that
 * was used for something else, times in the wrong order, a reservation whose time is over.
 */
const REFUSALS: Readonly<Record<string, readonly string[]>> = {
  '/api/v1/queue/join': ['400'],
  '/api/v1/queue/leave': ['400'],
  '/api/v1/bookings/reserve': ['400', '422'],
  '/api/v1/bookings/{id}/confirm': ['410'],
  '/api/v1/events': ['400'],
  '/api/v1/events/{id}': ['400'],
}
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
  if (tool.kind === 'missing') throw new Error(tool.why)
  const dir = join(runDir, uniqueName('schemathesis'))
  mkdirSync(dir)
  const configPath = join(dir, 'schemathesis.toml')
  writeFileSync(configPath, configuration(target, options))
  const [program = '', ...words] = tool.command
  const args = ['--config-file', configPath, 'run', `${target.address}/openapi.json`]
  const child = spawn(program, [...words, ...args], {
    cwd: dir,
    env: { PATH: process.env['PATH'], HOME: dir, PYTHONHASHSEED: '0', COLUMNS: '160' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: options.timeoutMs,
    killSignal: 'SIGKILL',
  })
  notePid(runDir, uniqueName('schemathesis'), child.pid ?? 0, configPath)
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
function configuration(target: FuzzTarget, { maxExamples }: FuzzOptions): string {
  const { token, known, knownOf } = target
  const dictionaries: string[] = []
  function parameters(section: string, values: Known): string {
    const lines = Object.entries(values).map(([name, list]) => {
      const dictionary = `known-${dictionaries.length}`
      dictionaries.push(table(`dictionaries.${dictionary}`, { values: list }))
      return `${JSON.stringify(name)} = { dictionary = "${dictionary}", probability = ${KNOWN_PROBABILITY} }\n`
    })
    return lines.length === 0 ? '' : `[${section}]\n${lines.join('')}`
  }
  const everywhere = parameters('parameters', known)
  const operations = [...new Set([...Object.keys(REFUSALS), ...Object.keys(knownOf)])].map((path) =>
    [
      table('[operations]', { 'include-path': path }),
      table('operations.checks.positive_data_acceptance', {
        'expected-statuses': [...ACCEPTED, ...(REFUSALS[path] ?? [])],
      }),
      parameters('operations.parameters', knownOf[path] ?? {}),
    ].join(''),
  )
  return [
    // A stream goes on for ever: one event of it is looked at.
    entries({ seed, 'continue-on-failure': true, 'request-timeout': 60, 'max-stream-events': 1 }),
    table('generation', { 'max-examples': maxExamples, 'no-shrink': true }),
    // Every unknown pair of method and path is 404 here.
    table('checks.unsupported_method', { enabled: false }),
    token === null ? '' : table('auth.openapi.bearer', { bearer: token }),
    everywhere,
    ...dictionaries,
    ...operations,
  ].join('\n')
}

const table = (name: string, values: Record<string, unknown>) => `[${name}]\n${entries(values)}`

function entries(values: Record<string, unknown>): string {
  const lines = Object.entries(values).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`)
  return lines.join('')
}
