/** docs/deploy/README.md, "Without containers": what its steps make is started by its own command lines, on real stores, as production. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { freePort } from '../../../src/devstack/port.ts'
import { waitFor } from '../../../src/devstack/wait.ts'
import { readStages } from '../../deploy/dockerfile.ts'
import { until } from '../../faults/proof.ts'
import { withoutStores } from '../../page/service.ts'
import { uniqueName } from '../../support/restartable.ts'
import { notePid } from '../../support/run-dir.ts'
import { openDatabase, openKafka, openRedis } from '../../support/stores.ts'
import { commandsOfPages, root } from '../commands.ts'
import { runInShell } from '../shell.ts'

const page = commandsOfPages().filter(({ page: name }) => name === 'docs/deploy/README.md')
const commands = (of: RegExp) => page.map(({ text }) => text).filter((text) => of.test(text))
const runDir = process.env['FLOODGATE_TEST_DIR'] ?? ''

test('the steps are those of the Dockerfile', () => {
  const steps = readStages().flatMap((stage) => stage.steps.filter(({ keyword }) => keyword === 'RUN'))
  assert.deepEqual(
    commands(/^npm .* --ignore-scripts$/),
    steps.map(({ text }) => text),
  )
})

test('built and started as the page says, API and worker are ready, and the audit is green', {
  skip: withoutStores,
}, async (t) => {
  const dir = join(runDir, uniqueName('machine'))
  mkdirSync(dir)
  for (const name of ['src', 'lua', 'migrations', 'package.json', 'tsconfig.json'])
    cpSync(join(root, name), join(dir, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'))
  const [build = ''] = commands(/^npm run build /)
  const [built] = await runInShell([build], dir, { PROJECT: dir })
  assert.equal(built?.code, 0, `${built?.stdout}\n${built?.stderr}`)

  const [redis, database, kafka] = [await openRedis(t), await openDatabase(t), openKafka(t)]
  const common = {
    ...{ NODE_ENV: 'production', REDIS_URL: redis.url, DATABASE_URL: database.url },
    ...{ KAFKA_BROKERS: kafka.brokers, KAFKA_TOPIC_PREFIX: `${kafka.topic('plain')}.` },
    JWT_SECRET: 'a secret of the test for access tokens',
    QUEUE_SECRET: 'a secret of the test for queue passes',
    PAYMENT_WEBHOOK_SECRET: 'a secret of the test for its webhooks',
    PAYMENT_WEBHOOK_URL: 'http://127.0.0.1:9/api/v1/payments/webhook',
    DATA_DIR: join(dir, 'data'),
  }
  const files = new Map<string, { path: string; port: number; diagnosticsPort: number }>()
  for (const role of ['worker', 'api']) {
    const [port, diagnosticsPort] = [await freePort(), await freePort()]
    const path = join(dir, `${role}.env`)
    const settings = { ...common, PORT: port, DIAGNOSTICS_PORT: diagnosticsPort }
    writeFileSync(
      path,
      Object.entries(settings)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
    )
    files.set(role, { path, port, diagnosticsPort })
  }
  const starts = commands(/^node .* start (worker|api)$/)
  assert.equal(starts.length, 2)
  for (const text of starts) {
    const file = files.get(text.split(' ').at(-1) ?? '')
    assert.ok(file)
    launch(t, text.replace('/etc/floodgate.env', file.path), dir)
    const url = `http://127.0.0.1:${text.endsWith('api') ? file.port : file.diagnosticsPort}`
    await until(`${text} answers`, () => isOk(`${url}/health`))
    if (text.endsWith('api')) await until('it is ready', () => isOk(`${url}/ready`))
  }
  const path = files.get('api')?.path ?? ''
  const tools = commands(/^node .* (token .*|audit)$/).map((text) => text.replace('/etc/floodgate.env', path))
  const [token, audited] = await runInShell(tools, dir, {})
  assert.match(token?.stdout ?? '', /^eyJ/, token?.stderr)
  assert.match(audited?.stdout ?? '', /every zone adds up in both stores/, audited?.stderr)
})

/** A command line of the page as an init system would run it; it is killed when the test is over. */
function launch(t: TestContext, text: string, cwd: string): void {
  const [, ...args] = text.split(' ')
  const log = join(cwd, `${uniqueName('out')}.log`)
  const child = spawn('sh', ['-c', `exec "$0" "$@" >${log} 2>&1`, process.execPath, ...args], {
    ...{ cwd, env: { PATH: process.env['PATH'] }, stdio: 'ignore' as const },
  })
  notePid(runDir, uniqueName('plain'), child.pid ?? 0, 'dist/main.js')
  const exited = once(child, 'exit')
  t.after(async () => {
    child.kill('SIGTERM')
    const hasEnded = () => child.exitCode !== null || child.signalCode !== null
    if (!(await waitFor(hasEnded, { timeoutMs: 30_000 }))) child.kill('SIGKILL')
    await exited
    assert.equal(child.exitCode, 0, readFileSync(log, 'utf8'))
  })
}

const isOk = (url: string): Promise<boolean> =>
  fetch(url).then(
    ({ ok }) => ok,
    () => false,
  )
