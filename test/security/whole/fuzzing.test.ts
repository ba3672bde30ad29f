/**
 * Every operation of the OpenAPI document is asked for what it allows and for what it does not, with the token of each role and without
 * one, on the whole service: no answer is a defect, none is of another shape than the document says, and the books still add up.
 *
 * A failure prints its seed; `FLOODGATE_SEED=<seed> npm run test:security` repeats it.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LOCAL_JWT_SECRET } from '../../../src/config.ts'
import type { Role } from '../../../src/http/identity.ts'
import { signToken } from '../../../src/http/token.ts'
import { runCommand, startService } from '../../faults/process.ts'
import { withoutStores } from '../../page/service.ts'
import { openDatabase, openKafka, openRedis } from '../../support/stores.ts'
import { fuzz, seed, withoutSchemathesis } from '../fuzz.ts'
import { makeThings } from '../things.ts'

const EXAMPLES = 12
/** On two cores that carry the service, its stores and whatever else; alone, a role takes some 20 s. */
const ROLE_TIMEOUT_MS = 600_000

test(`requests made from the document, from seed ${seed}, find no defect for any role`, {
  skip: withoutStores || withoutSchemathesis,
  timeout: 5 * ROLE_TIMEOUT_MS,
}, async (t) => {
  const [redis, database, kafka] = [await openRedis(t), await openDatabase(t), openKafka(t)]
  const stores = {
    ...{ redisUrl: redis.url, databaseUrl: database.url, kafkaBrokers: kafka.brokers },
    topicPrefix: `${kafka.topic('fuzz')}.`,
  }
  const service = await startService(t, 'all', stores, {
    RATE_LIMIT_JOIN_PER_SECOND: '0',
    RATE_LIMIT_BAD_SIGNATURES_PER_MINUTE: '0',
    // Two cores carry all of this: what is late is no defect.
    REDIS_COMMAND_TIMEOUT_MS: '20000',
    PG_STATEMENT_TIMEOUT_MS: '20000',
    LOG_LEVEL: 'warn',
  })
  for (const role of ['customer', 'organizer', 'admin', null] as const) {
    const name = role === null ? 'without a token' : `as ${role}`
    await t.test(name, { timeout: ROLE_TIMEOUT_MS }, async () => {
      const things = await makeThings(service.api, tokenFor)
      const token = role === null ? null : tokenFor(role)
      // What needs a token is refused before anything is looked at.
      const maxExamples = role === null ? 3 : EXAMPLES
      const { code, output } = await fuzz(
        { address: service.api, token, ...things },
        { maxExamples, timeoutMs: ROLE_TIMEOUT_MS },
      )
      assert.equal(code, 0, output)
    })
  }
  await t.test('every operation was carried out for somebody', async () => {
    const answered = await succeeded(service.diagnostics)
    const document = (await (await fetch(`${service.api}/openapi.json`)).json()) as Document
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    // Only the payment provider can sign, and streams are not in the count of answers.
    const others = ['POST /api/v1/payments/webhook', 'GET /api/v1/queue/position/{event_id}/stream']
    assert.deepEqual(
      operations.filter((operation) => !others.includes(operation) && !answered.has(operation)),
      [],
    )
  })
  await t.test('the service is well, has logged no failure, and its books add up', async () => {
    assert.equal((await fetch(`${service.api}/ready`)).status, 200)
    const failures = service
      .output()
      .split('\n')
      // Background work that waits for Redis to be rebuilt, as an admin may ask for, says so and is no defect.
      .filter((line) => /"level":[56]0|"err":/.test(line))
    assert.deepEqual(failures, [])
    const { stdout, stderr } = await runCommand(['audit'], stores)
    const findings = stdout.split('\n').filter((line) => line.startsWith('FINDING'))
    assert.deepEqual(findings, [], stdout + stderr)
    assert.match(stdout, /available/)
  })
})

function tokenFor(role: Role): string {
  // One person in every role, so that what was made by one of them is the others' own.
  return signToken({
    ...{ user: 'fuzzer', role, expiresInSeconds: 3600 },
    ...{ secret: LOCAL_JWT_SECRET, audience: 'floodgate' },
  })
}

interface Document {
  paths: Record<string, object>
}

/** `METHOD /path/{id}` of whatever was answered 2xx, by the service's own count. */
async function succeeded(diagnostics: string): Promise<Set<string>> {
  const text = await (await fetch(`${diagnostics}/metrics`)).text()
  const lines = text
    .split('\n')
    .filter((line) => line.startsWith('http_server_request_duration_seconds_count{'))
  const of = (line: string, label: string) => new RegExp(`${label}="([^"]*)"`).exec(line)?.[1] ?? ''
  return new Set(
    lines
      .filter((line) => of(line, 'status').startsWith('2') && !line.endsWith(' 0'))
      .map((line) => `${of(line, 'method')} ${of(line, 'route').replace(/:(\w+)/g, '{$1}')}`),
  )
}
