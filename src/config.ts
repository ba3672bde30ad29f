/** The environment, parsed once. A wrong value stops the start with every problem listed. */
import { createPublicKey } from 'node:crypto'
import type { Static } from 'typebox'
import { Value } from 'typebox/value'
import { problemsOfConnections } from './config/connections.ts'
import {
  LOCAL_JWT_SECRET,
  LOCAL_PAYMENT_WEBHOOK_SECRET,
  LOCAL_QUEUE_SECRET,
  settings,
} from './config/settings.ts'

export { LOCAL_JWT_SECRET, settings }

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

/** An address may hold a password. */
const MAY_HOLD_A_SECRET = /SECRET|PASSWORD|TOKEN$|KEY$|URL$|ENDPOINT$/

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
    const value = MAY_HOLD_A_SECRET.test(name) ? '' : `=${JSON.stringify(given[name])}`
    return `${name}${value} ${error.message}`
  })
  if (problems.length > 0) throw new InvalidConfiguration([...new Set(problems)])
  const config = values as Settings
  const contradictions = contradictionsIn(config)
  if (contradictions.length > 0) throw new InvalidConfiguration(contradictions)
  return Object.freeze({ ...config })
}

/** What `parseConfig` makes the same configuration of again, in a process that this one starts. */
export function toEnvironment(config: Settings): Record<string, string> {
  const given = Object.entries(config).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given.map(([name, value]) => [name, String(value)]))
}

/** Only what is plainly a number or a truth value becomes one; anything else is left for the schema to refuse. */
function converted(name: string, value: string): unknown {
  const { type } = settings.properties[name as keyof Settings] as { type?: string }
  if (type === 'integer' && /^-?\d{1,15}$/.test(value)) return Number(value)
  if (type === 'number' && /^\d{1,9}(\.\d{1,9})?$/.test(value)) return Number(value)
  if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true'
  return value
}

function contradictionsIn(config: Settings): string[] {
  const problems: string[] = []
  const usesSecret = config.JWT_PUBLIC_KEY === '' && config.JWT_JWKS_URL === ''
  if (usesSecret && config.JWT_SECRET.length < 32)
    problems.push('JWT_SECRET must have 32 characters at least')
  if (usesSecret && config.NODE_ENV === 'production' && config.JWT_SECRET === LOCAL_JWT_SECRET) {
    problems.push('JWT_SECRET must be set in production: its default is public')
  }
  if (config.QUEUE_SECRET.length < 32) problems.push('QUEUE_SECRET must have 32 characters at least')
  if (config.NODE_ENV === 'production' && config.QUEUE_SECRET === LOCAL_QUEUE_SECRET) {
    problems.push('QUEUE_SECRET must be set in production: its default is public')
  }
  if (config.PAYMENT_WEBHOOK_SECRET.length < 32) {
    problems.push('PAYMENT_WEBHOOK_SECRET must have 32 characters at least')
  }
  if (config.NODE_ENV === 'production' && config.PAYMENT_WEBHOOK_SECRET === LOCAL_PAYMENT_WEBHOOK_SECRET) {
    problems.push('PAYMENT_WEBHOOK_SECRET must be set in production: its default is public')
  }
  if (config.PAYMENT_WEBHOOK_URL !== '' && !/^https?:\/\/\S+$/.test(config.PAYMENT_WEBHOOK_URL)) {
    problems.push('PAYMENT_WEBHOOK_URL must be an http address')
  }
  if (config.DEMO_TOKENS && config.NODE_ENV === 'production') {
    problems.push('DEMO_TOKENS makes everybody an admin: it must be off in production')
  }
  if (config.DEMO_TOKENS && !(usesSecret && config.JWT_SECRET === LOCAL_JWT_SECRET)) {
    problems.push('DEMO_TOKENS goes with the default JWT_SECRET only')
  }
  problems.push(...problemsOfConnections(config))
  if (config.NOTIFICATIONS === 'webhook' && !/^https?:\/\/\S+$/.test(config.NOTIFICATION_WEBHOOK_URL)) {
    problems.push('NOTIFICATION_WEBHOOK_URL must be an http address when NOTIFICATIONS is webhook')
  }
  for (const name of ['NOTIFICATION_WEBHOOK_URL', 'PAYMENT_WEBHOOK_URL', 'JWT_JWKS_URL'] as const)
    if (hasCredentials(config[name]))
      problems.push(`${name} must hold no user and no password: fetch does not send them`)
  if (config.PG_POOL_MIN > config.PG_POOL_MAX) problems.push('PG_POOL_MIN must not be above PG_POOL_MAX')
  if (config.JWT_JWKS_URL !== '' && !/^https?:$/.test(URL.parse(config.JWT_JWKS_URL)?.protocol ?? ''))
    problems.push('JWT_JWKS_URL must be an http address')
  if (config.JWT_PUBLIC_KEY !== '' && !isPublicKey(config.JWT_PUBLIC_KEY))
    problems.push(
      'JWT_PUBLIC_KEY must be an RSA or Ed25519 public key as PEM, on one line with \\n between its lines',
    )
  if (config.JWT_PUBLIC_KEY !== '' && config.JWT_JWKS_URL !== '') {
    problems.push('JWT_PUBLIC_KEY and JWT_JWKS_URL exclude each other')
  }
  if (!['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'].includes(config.LOG_LEVEL)) {
    problems.push(`LOG_LEVEL=${JSON.stringify(config.LOG_LEVEL)} is not a level`)
  }
  return problems
}

function isPublicKey(pem: string): boolean {
  try {
    const { asymmetricKeyType = '' } = createPublicKey(pem.replaceAll('\\n', '\n'))
    return ['rsa', 'ed25519'].includes(asymmetricKeyType)
  } catch {
    return false
  }
}

function hasCredentials(address: string): boolean {
  const url = URL.parse(address)
  return url !== null && (url.username !== '' || url.password !== '')
}
