import type { Static } from 'typebox'
import type { settings } from './settings.ts'

type Settings = Static<typeof settings>

/** Names, IPv4, and IPv6 in brackets. */
const NODES = /^(\[[\da-fA-F:.]+\]|[^\s,:[\]]+):\d+(,(\[[\da-fA-F:.]+\]|[^\s,:[\]]+):\d+)*$/

const addresses = [
  ['REDIS_URL', /^rediss?:\/\/\S+$/, 'redis://host:port'],
  ['REDIS_CLUSTER_NODES', NODES, 'host:port,host:port'],
  ['DATABASE_URL', /^postgres(ql)?:\/\/\S+$/, 'postgres://user@host:port/database'],
  ['KAFKA_BROKERS', NODES, 'host:port,host:port'],
] as const

/** What is wrong with the addresses of the stores and with how they are reached. Addresses may hold passwords: none is repeated. */
export function problemsOfConnections(config: Settings): string[] {
  const forms = addresses.flatMap(([name, pattern, form]) => {
    const value = config[name]
    if (value === '' || (pattern.test(value) && (pattern === NODES || isReadable(value)))) return []
    return [`${name} must have the form ${form}; a password in it is percent-encoded`]
  })
  // What these say of an address needs one that can be read.
  return forms.length > 0
    ? forms
    : [...problemsOfRedis(config), ...problemsOfPostgres(config), ...problemsOfKafka(config)]
}

/** As an address, and what is percent-encoded in its user and password. */
function isReadable(address: string): boolean {
  const url = URL.parse(address)
  if (url === null) return false
  try {
    decodeURIComponent(url.username + url.password)
    return true
  } catch {
    return false
  }
}

function problemsOfRedis({ REDIS_URL, REDIS_CLUSTER_NODES, REDIS_CA_FILE }: Settings): string[] {
  const problems: string[] = []
  if (REDIS_CA_FILE !== '' && !REDIS_URL.startsWith('rediss:'))
    problems.push('REDIS_CA_FILE is for a REDIS_URL that begins with rediss://')
  if (REDIS_CLUSTER_NODES === '') return problems
  if (REDIS_URL === '') problems.push('REDIS_CLUSTER_NODES needs REDIS_URL, which may name one of them')
  else if (!['', '/', '/0'].includes(new URL(REDIS_URL).pathname))
    problems.push('REDIS_URL names a database, and a cluster has only database 0')
  return problems
}

/**
 * Only modes that mean one thing everywhere are taken: libpq's require does not look at the certificate, node-postgres's does; prefer and allow
 * fall back to plain text.
 */
function problemsOfPostgres({ DATABASE_URL, PG_CA_FILE }: Settings): string[] {
  const asked = new URL(DATABASE_URL || 'postgres:').searchParams
  const mode = asked.get('sslmode')
  const problems: string[] = []
  if (mode !== null && !['disable', 'verify-ca', 'verify-full'].includes(mode))
    problems.push('DATABASE_URL: sslmode must be disable, verify-ca or verify-full')
  for (const name of asked.keys()) {
    if (name !== 'sslmode' && /^(ssl|uselibpqcompat$)/i.test(name))
      problems.push(`DATABASE_URL: ${name} is not taken; say sslmode, and PG_CA_FILE`)
  }
  if (PG_CA_FILE !== '' && (mode === null || mode === 'disable'))
    problems.push('PG_CA_FILE is for a DATABASE_URL with sslmode=verify-full or verify-ca')
  return problems
}

function problemsOfKafka(config: Settings): string[] {
  const { KAFKA_TLS, KAFKA_CA_FILE, KAFKA_SASL_MECHANISM, KAFKA_USERNAME, KAFKA_PASSWORD } = config
  const problems: string[] = []
  if (KAFKA_CA_FILE !== '' && !KAFKA_TLS) problems.push('KAFKA_CA_FILE needs KAFKA_TLS=true')
  const named = [KAFKA_USERNAME, KAFKA_PASSWORD].filter((value) => value !== '').length
  if (KAFKA_SASL_MECHANISM === 'none' && named > 0)
    problems.push('KAFKA_USERNAME and KAFKA_PASSWORD need a KAFKA_SASL_MECHANISM')
  if (KAFKA_SASL_MECHANISM !== 'none' && named < 2)
    problems.push('KAFKA_SASL_MECHANISM needs KAFKA_USERNAME and KAFKA_PASSWORD')
  if (KAFKA_SASL_MECHANISM === 'plain' && !KAFKA_TLS && config.NODE_ENV === 'production')
    problems.push(
      'KAFKA_SASL_MECHANISM=plain sends the password as it is: in production it needs KAFKA_TLS=true',
    )
  return problems
}
