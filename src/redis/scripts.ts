/**
 * The scripts and the only place where the names of their keys and arguments become positions. A test holds every entry
 * against the header of its file.
 */
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'

const manifest = {
  reserve: {
    keys: ['inventory', 'taken', 'hold', 'due', 'idempotency', 'stream', 'holds_of_user', 'pass', 'passes'],
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
      'queue_required',
      'pass_id',
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
  queue_configure: {
    keys: ['meta', 'queues'],
    argv: [
      'event_id',
      'version',
      'rate',
      'max_size',
      'state',
      'max_active_passes',
      'pre_queue',
      'drawn',
      'seq',
      'served',
    ],
  },
  queue_join: {
    keys: ['meta', 'queue', 'seen', 'over', 'pass', 'inventory', 'lobby', 'gone'],
    argv: ['user_id', 'token_seq', 'token_joined_ms', 'draw_score'],
  },
  queue_position: {
    keys: ['meta', 'queue', 'seen', 'over', 'pass', 'inventory', 'lobby', 'gone'],
    argv: ['user_id'],
  },
  queue_leave: { keys: ['queue', 'seen', 'over', 'pass', 'passes', 'lobby'], argv: ['user_id'] },
  queue_release: {
    keys: ['meta', 'queue', 'seen', 'over', 'passes', 'inventory', 'lobby', 'stream', 'saturated'],
    argv: ['pass_prefix', 'pass_ttl_ms', 'limit', 'stream_max_entries'],
  },
  queue_sweep: {
    keys: ['meta', 'queue', 'seen', 'over', 'alive'],
    argv: ['gone_prefix', 'listen_ms', 'outage_ms', 'limit', 'gone_ttl_s'],
  },
  /** After these come the users, at most 500. */
  queue_seen: { keys: ['seen'], argv: [] },
  /** After these come users who may have been let in, at most 1000. */
  queue_tick: { keys: ['meta', 'queue', 'over', 'inventory', 'lobby'], argv: ['pass_prefix'] },
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
