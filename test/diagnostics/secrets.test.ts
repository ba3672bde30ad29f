/** What the port shows of a service holds no secret: not in its configuration, its command line, or in what its errors say. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type DiagnosticsOptions, startDiagnostics } from '../../src/diagnostics/index.ts'
import { withoutSecrets } from '../../src/diagnostics/without-secrets.ts'
import { ask } from './ask.ts'
import { startScript } from './running-app.ts'

const address = 'postgres://me:s3cret@db:5432/x'
const fails = () => {
  throw new Error(`cannot reach ${address}`)
}

async function start(t: TestContext, options: Partial<DiagnosticsOptions>): Promise<number> {
  const diagnostics = await startDiagnostics({ port: 0, ...options })
  t.after(() => diagnostics.stop())
  return diagnostics.port
}

test('in a text the secret is removed wherever it stands, and what is around it stays', () => {
  const cases: [string, string][] = [
    ['https://h/x?token=s3cret', 'https://h/x?token=[removed]'],
    ['https://h/x?a=1&api_key=s3cret&b=2#top', 'https://h/x?a=1&api_key=[removed]&b=2#top'],
    ['https://h/x#access_token=s3cret&b=2', 'https://h/x#access_token=[removed]&b=2'],
    ['https://h/x?user%5Bpassword%5D=s3cret', 'https://h/x?user%5Bpassword%5D=[removed]'],
    ['https://blobs/x?sv=1&sig=s3cret%3D', 'https://blobs/x?sv=1&sig=[removed]'],
    ['host=db password=s3cret dbname=x', 'host=db password=[removed] dbname=x'],
    ["host=db password='s3 cret' dbname=x", 'host=db password=[removed] dbname=x'],
    ["host=db password='s3\\'cret' dbname=x", 'host=db password=[removed] dbname=x'],
    ['host=db password=s3&cr;et dbname=x', 'host=db password=[removed] dbname=x'],
    ['host=db password = s3cret', 'host=db password = [removed]'],
    ['Host=db;Pwd=s3cret', 'Host=db;Pwd=[removed]'],
    ['https://s3cret@host/x', 'https://[removed]@host/x'],
    ['postgres://me:s3@cr@et@db/x', 'postgres://[removed]@db/x'],
    ['postgres://me:s3/cr@et@db/x', 'postgres://[removed]@db/x'],
    ['redis://:s3cret@db', 'redis://[removed]@db'],
    ['postgres://me:12345@db', 'postgres://[removed]@db'],
    [
      'Command failed: node app.js --token s3cret --port 80',
      'Command failed: node app.js --token [removed] --port 80',
    ],
    ['node app.js --api-key=s3cret', 'node app.js --api-key=[removed]'],
    ['{"token":"s3cret","port":80}', '{"token":[removed],"port":80}'],
    ['Authorization: Bearer s3crets3cret', 'Authorization: [removed]'],
  ]
  for (const [given, wanted] of cases) assert.equal(withoutSecrets(given), wanted)
})

test('what is no secret is left alone', () => {
  for (const text of [
    'http://localhost:8083/node_modules/@datadog/pprof',
    'file:///app/node_modules/@datadog/pprof/index.js:1:2',
    'https://registry.npmjs.org/@datadog/pprof',
    'https://h:8083?mail=me@example.org',
    '"http://h:8083","me@example.org"',
    'Key (id)=(5) already exists.',
    "Unexpected token '=', at position 5",
    'a bearer of bad news, and basic things',
    '2026-11-25T02:11:24.000Z me@example.org',
    'total=5 of=7',
  ])
    assert.equal(withoutSecrets(text), text)
})

test('no text makes the removal slow: some of what it is given comes from strangers', () => {
  const unit = [
    'a://a:',
    'token',
    '?a',
    '--a',
    'eyJaaaaa.',
    ' --token ',
    'key="',
    "key='\\",
    'secret"',
    ' ',
    '-----BEGIN a',
  ]
  for (const one of unit) withoutSecrets(one.repeat(1_000_000))
})

test('of words of a command line the one behind a secret’s name is removed, and what a name is given, with its spaces', () => {
  const given = [
    'app.js',
    '--token',
    's3cret',
    '--api-key=s3 cret',
    '-e',
    'DB_PASSWORD=s3 cret',
    '--port',
    '80',
  ]
  assert.deepEqual(withoutSecrets(given), [
    'app.js',
    '--token',
    '[removed]',
    '--api-key=[removed]',
    '-e',
    'DB_PASSWORD=[removed]',
    '--port',
    '80',
  ])
})

test('the command line is shown without a secret that is a word of its own', async (t) => {
  const script = join(import.meta.dirname, 'watched-app.ts')
  const args = [script, '', '--token', 's3cret', `--db=${address}`, '--password=s3 cret', '--level', 'debug']
  const { diagnosticsPort: port } = await startScript(t, args)
  const { body } = await ask(port, '/debug/pprof/cmdline')
  assert.ok(!/s3|cret/.test(body), body)
  assert.deepEqual(body.split('\0').slice(-6), [
    '--token',
    '[removed]',
    '--db=postgres://[removed]@db:5432/x',
    '--password=[removed]',
    '--level',
    'debug',
  ])
})

test('what an error says is shown without secrets: of a section, of a check, of any callback', async (t) => {
  const logLevel = { get: fails, set() {} }
  const port = await start(t, { sections: { broken: fails }, checks: { broken: fails }, logLevel })
  const said = 'cannot reach postgres://[removed]@db:5432/x'
  const { workers } = (await ask(port, '/debug/vars')).json as { workers: Record<string, object> }
  assert.deepEqual((workers['0'] as { broken: object }).broken, { failed: said })
  const { checks } = (await ask(port, '/health')).json as { checks: { why: string }[] }
  assert.equal(checks[0]?.why, said)
  const { status, json } = await ask(port, '/debug/loglevel')
  assert.deepEqual([status, json], [500, { code: 'failed', message: said }])
})
