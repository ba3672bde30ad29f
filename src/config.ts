/**
 * The environment, parsed once. Every default of the service stands in this file; below it values are required. A wrong
 * value stops the start with every problem listed.
 */
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'

const integer = (value: number, description: string, minimum = 1, maximum = 2_147_483_647) =>
  Type.Integer({ default: value, description, minimum, maximum })
const text = (value: string, description: string) => Type.String({ default: value, description })
const flag = (value: boolean, description: string) => Type.Boolean({ default: value, description })

/** A secret that is in the open, so good for one's own machine only. Production refuses it. */
export const LOCAL_JWT_SECRET = 'floodgate-local-secret-not-for-production'

/** Every setting: its name in the environment, type, default and meaning. The README's table is made from it. */
export const settings = Type.Object({
  NODE_ENV: Type.Union([Type.Literal('development'), Type.Literal('production'), Type.Literal('test')], {
    default: 'development',
    description: 'In production default secrets are refused',
  }),
  HOST: text('127.0.0.1', 'Address that the API listens on'),
  PORT: integer(8083, 'Port of the API; 0 takes a free one', 0, 65_535),
  DIAGNOSTICS_HOST: text('127.0.0.1', 'Address of the diagnostics port'),
  DIAGNOSTICS_PORT: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 65_535,
      description: 'Port of the diagnostics server; unset: PORT + 1000',
    }),
  ),
  REDIS_URL: text('', 'Redis; unset: a local server is started'),
  DATABASE_URL: text('', 'PostgreSQL; unset: a local server is started'),
  KAFKA_BROKERS: text('', 'Kafka, host:port separated by commas; unset: a local broker is started'),
  KAFKA_TOPIC_PREFIX: text('', 'Put before every topic name, so that several services can share a broker'),
  DATA_DIR: text('.data', 'Where the local servers keep their data'),
  TOOLS_DIR: text('.tools', 'Where downloaded tools are kept'),

  JWT_SECRET: text(
    LOCAL_JWT_SECRET,
    'HS256 secret that access tokens are signed with (32 characters at least)',
  ),
  JWT_PUBLIC_KEY: text(
    '',
    'PEM public key (RS256 or EdDSA) that access tokens are verified with, instead of JWT_SECRET',
  ),
  JWT_JWKS_URL: text('', 'JWKS that access tokens are verified with, instead of JWT_SECRET'),
  JWT_AUDIENCE: text('floodgate', 'Audience that an access token must carry'),

  PG_POOL_MAX: integer(20, 'PostgreSQL connections per process', 1, 1000),
  PG_POOL_MIN: integer(5, 'PostgreSQL connections opened before the first request', 0, 1000),
  PG_CONNECTION_LIFETIME_SECONDS: integer(1800, 'A PostgreSQL connection is replaced after this time'),
  PG_IDLE_TIMEOUT_MS: integer(
    300_000,
    'An idle PostgreSQL connection above the minimum is closed after this time',
  ),
  PG_CONNECT_TIMEOUT_MS: integer(5000, 'Deadline for opening a PostgreSQL connection'),
  PG_CONNECT_RETRIES: integer(3, 'Attempts to reach PostgreSQL at start', 0),
  PG_CONNECT_RETRY_INTERVAL_MS: integer(1000, 'Pause between these attempts'),
  PG_WORKER_POOL_MAX: integer(12, 'PostgreSQL connections of the background work in a process', 8, 1000),
  PG_WORKER_STATEMENT_TIMEOUT_MS: integer(60_000, 'Deadline of a statement of the background work'),
  PG_STATEMENT_TIMEOUT_MS: integer(2000, 'Deadline of a statement on a request path'),

  REDIS_POOL_MAX: integer(
    1,
    'Redis connections per process; one carries thousands of commands at a time',
    1,
    1000,
  ),
  REDIS_CONNECT_TIMEOUT_MS: integer(5000, 'Deadline for opening a Redis connection'),
  REDIS_CONNECT_RETRIES: integer(3, 'Attempts to reach Redis at start', 0),
  REDIS_RETRY_INTERVAL_MS: integer(100, 'Pause before reconnecting to Redis'),
  REDIS_COMMAND_TIMEOUT_MS: integer(100, 'Deadline of a script on a request path'),
  REDIS_WORKER_COMMAND_TIMEOUT_MS: integer(3000, 'Deadline of a command of the background work'),
  REDIS_MAX_IN_FLIGHT: integer(10_000, 'Commands that may wait for Redis at a time in one process'),

  HOLD_TTL_SECONDS: integer(600, 'How long a reservation holds its seats', 1, 86_400),
  MAX_TICKETS_PER_USER: integer(
    10,
    'Seats one person may hold and buy in an event that does not say otherwise',
    1,
    1000,
  ),
  IDEMPOTENCY_TTL_SECONDS: integer(86_400, 'How long an idempotency key is remembered'),
  ENDING_LEASE_MS: integer(
    5000,
    'An ending that was begun and not settled is looked at again after this time',
  ),
  WAL_MAX_ENTRIES: integer(200_000, 'Unwritten reservations per partition at which new ones are refused'),
  CATALOGUE_TTL_MS: integer(2000, 'How old the catalogue in memory may be'),

  PERSIST_BATCH_MAX_ENTRIES: integer(
    1000,
    'Reservations written to PostgreSQL in one transaction',
    1,
    10_000,
  ),
  PERSIST_IDLE_MS: integer(20, 'Pause of the persister when it found nothing'),
  RELAY_BATCH_MAX_ROWS: integer(2000, 'Events published to Kafka at a time', 1, 10_000),
  RELAY_IDLE_MS: integer(50, 'Pause of the outbox relay when it found nothing'),
  EXPIRY_TICK_MS: integer(1000, 'How often due holds are looked for'),
  RECONCILE_INTERVAL_MS: integer(500, 'How often Redis is asked whether it is the one that was reconciled'),
  AUDIT_INTERVAL_MS: integer(15_000, 'How often the invariants are checked'),

  REQUEST_LOG: flag(false, 'Log every request (development only: it is on the hot path)'),
  LOG_LEVEL: text('info', 'trace, debug, info, warn, error, fatal or silent'),
  SHUTDOWN_TIMEOUT_MS: integer(30_000, 'Deadline of a graceful shutdown'),
  PAYMENT_PROVIDER: Type.Union([Type.Literal('simulated')], {
    default: 'simulated',
    description: 'Which payment provider confirms are checked with',
  }),
})

export type Settings = Static<typeof settings>
export type Environment = Readonly<Record<string, string | undefined>>

/** Every problem of the environment, one a line. */
export class InvalidConfiguration extends Error {
  override readonly name = 'InvalidConfiguration'
  readonly problems: string[]

  constructor(problems: string[]) {
    super(`invalid configuration:\n${problems.map((problem) => `  ${problem}`).join('\n')}`)
    this.problems = problems
  }
}

/** @throws InvalidConfiguration with all problems together. A variable that is set to nothing counts as unset. */
export function parseConfig(environment: Environment): Readonly<Settings> {
  const given = Object.fromEntries(
    Object.keys(settings.properties).flatMap((name) => {
      const value = environment[name]?.trim()
      return value ? [[name, converted(name, value)]] : []
    }),
  )
  const values = Value.Default(settings, given)
  const problems = [...Value.Errors(settings, values)].map((error) => {
    const name = error.instancePath.slice(1).split('/')[0] ?? ''
    return `${name}=${JSON.stringify(given[name])} ${error.message}`
  })
  if (problems.length > 0) throw new InvalidConfiguration([...new Set(problems)])
  const config = values as Settings
  const contradictions = contradictionsIn(config)
  if (contradictions.length > 0) throw new InvalidConfiguration(contradictions)
  return Object.freeze({ ...config })
}

/** Only what is plainly a whole number or a truth value becomes one; anything else is left for the schema to refuse. */
function converted(name: string, value: string): unknown {
  const { type } = settings.properties[name as keyof Settings] as { type?: string }
  if (type === 'integer' && /^-?\d{1,15}$/.test(value)) return Number(value)
  if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true'
  return value
}

const addresses = [
  ['REDIS_URL', /^rediss?:\/\/\S+$/, 'redis://host:port'],
  ['DATABASE_URL', /^postgres(ql)?:\/\/\S+$/, 'postgres://user@host:port/database'],
  ['KAFKA_BROKERS', /^[^\s,:]+:\d+(,[^\s,:]+:\d+)*$/, 'host:port,host:port'],
] as const

function contradictionsIn(config: Settings): string[] {
  const problems: string[] = []
  const usesSecret = config.JWT_PUBLIC_KEY === '' && config.JWT_JWKS_URL === ''
  if (usesSecret && config.JWT_SECRET.length < 32)
    problems.push('JWT_SECRET must have 32 characters at least')
  if (usesSecret && config.NODE_ENV === 'production' && config.JWT_SECRET === LOCAL_JWT_SECRET) {
    problems.push('JWT_SECRET must be set in production: its default is public')
  }
  for (const [name, pattern, form] of addresses) {
    const value = config[name]
    // An address may hold a password: only its form is named.
    if (value !== '' && !pattern.test(value)) problems.push(`${name} must have the form ${form}`)
  }
  if (config.PG_POOL_MIN > config.PG_POOL_MAX) problems.push('PG_POOL_MIN must not be above PG_POOL_MAX')
  if (config.JWT_PUBLIC_KEY !== '' && config.JWT_JWKS_URL !== '') {
    problems.push('JWT_PUBLIC_KEY and JWT_JWKS_URL exclude each other')
  }
  if (!['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'].includes(config.LOG_LEVEL)) {
    problems.push(`LOG_LEVEL=${JSON.stringify(config.LOG_LEVEL)} is not a level`)
  }
  return problems
}
