/**
 * The scripts and the only place where the names of their keys and arguments become positions. A test holds every entry
 * against the header of its file.
 */
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'

const manifest = {
  reserve: {
    keys: ['inventory', 'taken', 'hold', 'due', 'idempotency', 'stream', 'holds_of_user'],
    argv: [
      'booking_id',
      'user_id',
      'event_id',
      'show_id',
      'zone_id',
      'quantity',
      'unit_price_minor',
      'currency',
      'catalogue_version',
      'max_tickets_per_user',
      'hold_ms',
      'stream_max_entries',
      'idempotency_hash',
      'idempotency_ttl_s',
      'traceparent',
    ],
  },
  open_hold: {
    keys: ['hold', 'due', 'generation'],
    argv: ['booking_id', 'lease_ms'],
  },
  open_refund: {
    keys: ['inventory', 'hold', 'due', 'holds_of_user', 'generation', 'freed'],
    argv: ['booking_id', 'user_id', 'event_id', 'zone_id', 'quantity', 'lease_ms'],
  },
  due: { keys: ['due', 'generation'], argv: ['hold_prefix', 'limit'] },
  postpone: { keys: ['hold', 'due'], argv: ['booking_id'] },
  settle: {
    keys: ['inventory', 'taken', 'hold', 'due', 'holds_of_user', 'freed'],
    argv: ['booking_id', 'status', 'freed_ttl_s'],
  },
  /** After these come five arguments for each zone: id, capacity, available, sold, version of the capacity. */
  load: {
    keys: ['inventory'],
    argv: ['version', 'sale', 'opens_ms', 'closes_ms'],
  },
  zone_capacity: {
    keys: ['inventory', 'generation'],
    argv: ['zone_id', 'capacity', 'version'],
  },
} as const

export type ScriptName = keyof typeof manifest
export type ScriptKeys<Name extends ScriptName> = Record<(typeof manifest)[Name]['keys'][number], string>
export type ScriptArguments<Name extends ScriptName> = Record<
  (typeof manifest)[Name]['argv'][number],
  string | number
>

export interface Script {
  sha: string
  source: string
  keys: readonly string[]
  argv: readonly string[]
}

export type Scripts = Readonly<Record<ScriptName, Script>>

const directory = new URL('../../lua/', import.meta.url)

/**
 * Reads the scripts with their includes put in.
 *
 * @param libraries replaces pieces of lua/lib by name; the tests steer time this way
 */
export function readScripts(libraries: Readonly<Record<string, string>> = {}): Scripts {
  const entries = Object.entries(manifest).map(([name, { keys, argv }]) => {
    const source = readFileSync(new URL(`${name}.lua`, directory), 'utf8').replace(
      /^-- @include (\w+)$/gm,
      (_, library: string) =>
        libraries[library] ?? readFileSync(new URL(`lib/${library}.lua`, directory), 'utf8').trimEnd(),
    )
    return [name, { sha: hash('sha1', source), source, keys, argv }]
  })
  return Object.freeze(Object.fromEntries(entries))
}
