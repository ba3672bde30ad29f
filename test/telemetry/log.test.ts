import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { withoutSecrets } from '../../src/compose/log.ts'

const logUrl = new URL('../../src/compose/log.ts', import.meta.url).href

/** Runs a few lines in a process of their own, whose log is its standard error. @returns the lines of it */
async function logged(code: string): Promise<Record<string, unknown>[]> {
  const source = `import { openLog } from ${JSON.stringify(logUrl)}
const { log, close } = openLog({ level: 'info', onDropped: () => {} })
${code}
await close()
process.exit()`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    stdio: ['ignore', 'ignore', 'pipe'],
    cwd: new URL('../..', import.meta.url),
  })
  const [output] = await Promise.all([text(child.stderr), once(child, 'exit')])
  return output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

const JWT = 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhZGEiLCJyb2xlIjoiYWRtaW4ifQ.c2lnbmF0dXJl-_x'

test('ten thousand lines that were written just before the end are all there', async () => {
  const lines = await logged(`for (let i = 0; i < 10_000; i++) log.info({ i }, 'a line')`)
  assert.equal(lines.length, 10_000)
  assert.equal(lines.at(-1)?.['i'], 9999)
})

test('the last lines before the end stand in their order', async () => {
  for (let run = 0; run < 8; run++) {
    const lines = await logged(`log.info({ i: 0 }, 'a line'); log.info({ i: 1 }, 'another')`)
    assert.deepEqual(
      lines.map(({ i }) => i),
      [0, 1],
    )
  }
})

test('tokens, signatures and passwords are in no line, wherever they stand', async () => {
  const [line, fault] = await logged(`
    log.info({
      token: 'secret-1', request: { headers: { authorization: 'Bearer secret-2-secret', 'x-queue-pass': 'secret-3' } },
      queue_pass: 'secret-4', webhook: { signature: 'secret-5' }, who: 'ada',
    }, 'came with ${JWT}')
    const error = new Error('cannot reach postgres://floodgate:secret-6@db:5432/sales with ${JWT}')
    log.error({ err: error }, 'failed')`)
  assert.ok(line && fault)
  const text = JSON.stringify([line, fault])
  assert.doesNotMatch(text, /secret-\d|eyJ/)
  assert.equal(line['who'], 'ada')
  assert.equal(line['msg'], 'came with [redacted]')
  assert.match(text, /postgres:\/\/floodgate:\[redacted\]@db:5432\/sales/)
})

test('what looks like a secret is taken out of a text, and nothing else', () => {
  const signature = `t=1700000000,v1=${'ab'.repeat(32)}`
  const cases: [string, string][] = [
    [`{"msg":"${JWT}"}`, '{"msg":"[redacted]"}'],
    ['Authorization: Bearer abcdefghijkl', 'Authorization: [redacted]'],
    ['Basic dXNlcjpwYXNzd29yZA==', '[redacted]'],
    [signature, 't=1700000000,[redacted]'],
    ['redis://:hunter2@localhost:6379', 'redis://:[redacted]@localhost:6379'],
    ['http://127.0.0.1:8083/api/v1/bookings', 'http://127.0.0.1:8083/api/v1/bookings'],
    ['a bearer of bad news, and basic things', 'a bearer of bad news, and basic things'],
    ['2026-11-25T02:11:24.000Z user@example.org', '2026-11-25T02:11:24.000Z user@example.org'],
  ]
  for (const [given, wanted] of cases) assert.equal(withoutSecrets(given), wanted)
})

test('a line that is written inside of a traced piece of work carries its ids', async () => {
  const [inside, outside] = await logged(`
    const { NodeSDK } = await import('@opentelemetry/sdk-node')
    const { trace } = await import('@opentelemetry/api')
    new NodeSDK({ spanProcessors: [{ onStart() {}, onEnd() {}, forceFlush: async () => {}, shutdown: async () => {} }], metricReaders: [], logRecordProcessors: [], autoDetectResources: false }).start()
    trace.getTracer('t').startActiveSpan('work', (span) => {
      log.info({ wanted: span.spanContext() }, 'inside')
      span.end()
    })
    log.info('outside')`)
  const wanted = inside?.['wanted'] as { traceId: string; spanId: string }
  assert.deepEqual([inside?.['trace_id'], inside?.['span_id']], [wanted.traceId, wanted.spanId])
  assert.equal('trace_id' in (outside ?? {}), false)
})
