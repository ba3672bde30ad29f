import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { InvalidConfiguration, parseConfig, settings } from '../src/config.ts'

function problemsOf(environment: Record<string, string>): string[] {
  try {
    parseConfig(environment)
  } catch (error) {
    if (error instanceof InvalidConfiguration) return error.problems
    throw error
  }
  return []
}

test('an empty environment gives every default, and nothing can change it afterwards', () => {
  const config = parseConfig({})
  assert.equal(config.PORT, 8083)
  assert.equal(config.HOLD_TTL_SECONDS, 600)
  assert.equal(config.DIAGNOSTICS_PORT, undefined)
  assert.ok(Object.isFrozen(config))
})

test('a variable that is set to nothing counts as unset', () => {
  assert.equal(parseConfig({ PORT: '', REDIS_URL: '  ' }).PORT, 8083)
})

test('text becomes what the setting is', () => {
  const config = parseConfig({ PORT: '9000', REQUEST_LOG: 'true' })
  assert.equal(config.PORT, 9000)
  assert.equal(config.REQUEST_LOG, true)
})

test('every problem is reported at once', () => {
  const problems = problemsOf({
    PORT: 'eighty',
    PG_POOL_MAX: '0',
    REQUEST_LOG: 'perhaps',
    HOLD_TTL_SECONDS: '1.5',
  })
  for (const name of ['PORT', 'PG_POOL_MAX', 'REQUEST_LOG', 'HOLD_TTL_SECONDS']) {
    assert.ok(
      problems.some((problem) => problem.startsWith(name)),
      `${name} in ${problems.join('; ')}`,
    )
  }
})

test('production refuses default secrets, and short ones are refused everywhere', () => {
  const refused = problemsOf({ NODE_ENV: 'production' }).join()
  for (const name of ['JWT_SECRET', 'QUEUE_SECRET', 'PAYMENT_WEBHOOK_SECRET']) {
    assert.match(refused, new RegExp(`${name} must be set in production`))
    assert.match(problemsOf({ [name]: 'short' }).join(), new RegExp(`${name} must have 32 characters`))
  }
  const secret = 'x'.repeat(32)
  const set = { NODE_ENV: 'production', QUEUE_SECRET: secret, PAYMENT_WEBHOOK_SECRET: secret }
  assert.deepEqual(problemsOf({ ...set, JWT_SECRET: secret }), [])
  assert.deepEqual(problemsOf({ ...set, JWT_JWKS_URL: 'https://issuer.example/jwks' }), [])
})

test('an address of another form is refused without repeating it: it may hold a password', () => {
  const problems = problemsOf({
    REDIS_URL: 'http://secret@host',
    DATABASE_URL: 'host:5432',
    KAFKA_BROKERS: 'host',
  })
  assert.equal(problems.length, 3)
  assert.doesNotMatch(problems.join(), /secret/)
  const good = { REDIS_URL: 'rediss://:pw@h:1', DATABASE_URL: 'postgresql://u@h/d', KAFKA_BROKERS: 'a:1,b:2' }
  assert.deepEqual(problemsOf(good), [])
  assert.deepEqual(
    problemsOf({ ...good, KAFKA_BROKERS: '[::1]:1,b:2', REDIS_CLUSTER_NODES: '[fe80::2]:7' }),
    [],
  )
  for (const nodes of ['::1:9092', '[::1]', '[h]:', 'a:1,,b:2'])
    assert.match(problemsOf({ KAFKA_BROKERS: nodes }).join(), /^KAFKA_BROKERS must have the form/)
  assert.match(problemsOf({ REDIS_URL: 'redis://:50%off@h' }).join(), /^REDIS_URL must .* percent-encoded$/)
})

test('a user or a password in an address that is fetched is refused: it would never arrive', () => {
  const address = 'https://user:secret@receiver.example/hook'
  for (const name of ['NOTIFICATION_WEBHOOK_URL', 'PAYMENT_WEBHOOK_URL', 'JWT_JWKS_URL']) {
    const problems = problemsOf({ [name]: address }).join()
    assert.match(problems, new RegExp(`${name} must hold no user and no password`))
    assert.doesNotMatch(problems, /secret/)
    assert.deepEqual(problemsOf({ [name]: 'https://receiver.example/hook' }), [])
  }
})

test('how stores are reached is checked as a whole, and no password is repeated', () => {
  const secret = 'not-to-be-seen'
  const database = `postgres://u:${secret}@h/d`
  const refused: [Record<string, string>, RegExp][] = [
    [{ REDIS_URL: `redis://u:${secret}/x@h` }, /^REDIS_URL must have the form .* percent-encoded$/],
    [{ REDIS_URL: `redis://:${secret}@h`, REDIS_CA_FILE: 'ca' }, /^REDIS_CA_FILE is for .* rediss:/],
    [{ REDIS_CLUSTER_NODES: 'a:1' }, /^REDIS_CLUSTER_NODES needs REDIS_URL/],
    [{ REDIS_URL: `redis://:${secret}@h/3`, REDIS_CLUSTER_NODES: 'a:1' }, /only database 0/],
    [{ REDIS_URL: 'redis://h', REDIS_CLUSTER_NODES: 'a;b' }, /^REDIS_CLUSTER_NODES must have the form/],
    ...['require', 'prefer', 'allow', 'no-verify', ''].map((mode): [Record<string, string>, RegExp] => [
      { DATABASE_URL: `${database}?sslmode=${mode}` },
      /sslmode must be disable, verify-ca or verify-full/,
    ]),
    [{ DATABASE_URL: `${database}?sslmode=verify-full&sslrootcert=/ca` }, /sslrootcert is not taken/],
    [{ DATABASE_URL: `${database}?SSLMODE=verify-full` }, /SSLMODE is not taken/],
    [{ DATABASE_URL: `${database}?ssl=true` }, /ssl is not taken/],
    [{ DATABASE_URL: database, PG_CA_FILE: 'ca' }, /^PG_CA_FILE is for/],
    [{ KAFKA_CA_FILE: 'ca' }, /^KAFKA_CA_FILE needs KAFKA_TLS/],
    [{ KAFKA_USERNAME: 'u', KAFKA_PASSWORD: secret }, /need a KAFKA_SASL_MECHANISM/],
    [{ KAFKA_SASL_MECHANISM: 'plain', KAFKA_PASSWORD: secret }, /needs KAFKA_USERNAME and KAFKA_PASSWORD/],
  ]
  for (const [environment, reason] of refused) {
    const problems = problemsOf(environment)
    assert.equal(problems.length, 1, JSON.stringify([environment, problems]))
    assert.match(problems[0] ?? '', reason)
    assert.doesNotMatch(problems[0] ?? '', new RegExp(secret))
  }
  assert.match(problemsOf({ KAFKA_SASL_MECHANISM: 'md5' }).join(), /KAFKA_SASL_MECHANISM="md5"/)

  const login = { KAFKA_SASL_MECHANISM: 'plain', KAFKA_USERNAME: 'u', KAFKA_PASSWORD: secret }
  assert.deepEqual(problemsOf(login), [])
  assert.match(
    problemsOf({ ...login, NODE_ENV: 'production' }).join(),
    /in production it needs KAFKA_TLS=true/,
  )
  const whole = {
    REDIS_URL: `rediss://u:${secret}@h:7000`,
    REDIS_CLUSTER_NODES: 'h:7001,h:7002',
    REDIS_CA_FILE: 'ca',
    DATABASE_URL: `${database}?sslmode=verify-full`,
    PG_CA_FILE: 'ca',
    KAFKA_TLS: 'true',
    KAFKA_CA_FILE: 'ca',
    ...login,
  }
  assert.deepEqual(problemsOf(whole), [])
})

test('a key or an address of keys that cannot be one is refused at the start', () => {
  const { publicKey } = generateKeyPairSync('ed25519')
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  assert.deepEqual(problemsOf({ JWT_PUBLIC_KEY: pem }), [])
  assert.deepEqual(problemsOf({ JWT_PUBLIC_KEY: pem.replaceAll('\n', '\\n') }), [])
  for (const key of ['nonsense', pem.replace('A', '!')])
    assert.match(problemsOf({ JWT_PUBLIC_KEY: key }).join(), /^JWT_PUBLIC_KEY must be an RSA or Ed25519/)
  for (const url of ['nonsense', 'ftp://issuer.example/jwks'])
    assert.match(problemsOf({ JWT_JWKS_URL: url }).join(), /^JWT_JWKS_URL must be an http address/)
})

test('settings that contradict each other are refused', () => {
  assert.match(problemsOf({ PG_POOL_MIN: '9', PG_POOL_MAX: '8' }).join(), /PG_POOL_MIN/)
  assert.match(problemsOf({ JWT_PUBLIC_KEY: 'k', JWT_JWKS_URL: 'u' }).join(), /exclude each other/)
  assert.match(problemsOf({ LOG_LEVEL: 'loud' }).join(), /LOG_LEVEL/)
})

test('durations and sizes carry their unit in their name, and every setting says what it means', () => {
  for (const [name, schema] of Object.entries(settings.properties)) {
    assert.ok((schema as { description?: string }).description, name)
    // These names are OpenTelemetry's.
    if (name.startsWith('OTEL_')) continue
    if (/(^|_)(TIMEOUT|INTERVAL|LEASE|TICK|IDLE|TTL|LIFETIME)(_|$)/.test(name))
      assert.match(name, /_(MS|SECONDS)$/)
  }
})
