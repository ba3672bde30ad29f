/** What the Dockerfile makes, started on real stores as a container would be: without rights, and with nowhere to write but /tmp. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, globSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, type TestContext, test } from 'node:test'
import { freePort } from '../../../src/devstack/port.ts'
import { waitFor } from '../../../src/devstack/wait.ts'
import { eventsOf } from '../../faults/process.ts'
import { uniqueName } from '../../support/restartable.ts'
import { notePid } from '../../support/run-dir.ts'
import { openDatabase, openRedis, withoutPostgres, withoutRedis } from '../../support/stores.ts'
import { checkHealth, makePlainImage, type PlainImage, user } from '../plain-image.ts'

const START_TIMEOUT_MS = 60_000
const runDir = process.env['FLOODGATE_TEST_DIR'] ?? ''
const dir = join(runDir, uniqueName('image'))
let image: PlainImage

before(() => {
  mkdirSync(dir)
  image = makePlainImage(dir)
})

test('production has its packages, the build and its files; nothing of development is there', () => {
  const lock = JSON.parse(readFileSync(join(image.workDir, 'package-lock.json'), 'utf8')) as Lock
  const { '': _project, ...packages } = lock.packages
  const isInstalled = (path: string) => existsSync(join(image.workDir, path, 'package.json'))
  const isOfDevelopment = (path: string) => packages[path]?.dev === true
  const paths = Object.keys(packages)
  assert.ok(isOfDevelopment('node_modules/node') && isOfDevelopment('node_modules/typescript'))
  assert.deepEqual(paths.filter(isOfDevelopment).filter(isInstalled), [])
  // What is optional may be for another system.
  const missing = paths.filter(
    (path) => !packages[path]?.dev && !packages[path]?.optional && !isInstalled(path),
  )
  assert.deepEqual(missing, [])
  const top = globSync('*', { cwd: image.workDir }).sort()
  assert.deepEqual(top, ['dist', 'lua', 'migrations', 'node_modules', 'package-lock.json', 'package.json'])
})

test('API and worker start from it without rights, are healthy by its own check, and end in order', {
  skip: withoutRedis || withoutPostgres,
}, async (t) => {
  const files = filesOf(image)
  const [redis, database] = await Promise.all([openRedis(t), openDatabase(t)])
  const { kafkaBrokers = '127.0.0.1:9', topicPrefix = '' } = eventsOf(t)
  const stores = {
    REDIS_URL: redis.url,
    DATABASE_URL: database.url,
    KAFKA_BROKERS: kafkaBrokers,
    KAFKA_TOPIC_PREFIX: topicPrefix,
  }
  const api = await startRole(t, 'api', stores)
  const worker = await startRole(t, 'worker', stores)

  for (const path of ['/health', '/ready', '/', '/docs', '/api/v1/events'])
    assert.equal((await fetch(`${api.url}${path}`)).status, 200, path)
  const authorization = `Bearer ${secrets.DIAGNOSTICS_TOKEN}`
  for (const { diagnostics } of [api, worker]) {
    assert.equal((await fetch(`${diagnostics}/health`)).status, 200)
    assert.equal((await fetch(`${diagnostics}/metrics`)).status, 401)
    for (const path of ['/metrics', '/', '/debug/pprof/goroutine'])
      assert.equal((await fetch(`${diagnostics}${path}`, { headers: { authorization } })).status, 200, path)
  }
  for (const role of [api, worker]) {
    assert.equal(checkHealth(image, role.env), 0)
    assert.equal(await role.end(), 0, role.output())
    assert.equal(checkHealth(image, role.env), 1)
  }
  assert.deepEqual(filesOf(image), files, 'nothing was written to the image')
})

interface Lock {
  packages: Record<string, { dev?: boolean; optional?: boolean }>
}

const secrets = {
  JWT_SECRET: 'a secret of the test for access tokens',
  QUEUE_SECRET: 'a secret of the test for queue passes',
  PAYMENT_WEBHOOK_SECRET: 'a secret of the test for its webhooks',
  DIAGNOSTICS_TOKEN: 'a-token-of-the-test',
}

/** Starts a role and waits for its health; it is killed when the test is over. */
async function startRole(t: TestContext, role: string, stores: Readonly<Record<string, string>>) {
  // What a container has of its own: /tmp, and its ports. Nobody but this machine is to reach them.
  const tmp = join(dir, `tmp-${role}`)
  mkdirSync(tmp)
  chmodSync(tmp, 0o1777)
  const [port, diagnosticsPort] = [await freePort(), await freePort()]
  const env = {
    ...image.env,
    ...stores,
    ...secrets,
    PATH: image.binDir,
    TMPDIR: tmp,
    DATA_DIR: join(tmp, 'floodgate'),
    HOST: '127.0.0.1',
    DIAGNOSTICS_HOST: '127.0.0.1',
    PORT: String(port),
    DIAGNOSTICS_PORT: String(diagnosticsPort),
  }
  const [program = '', ...args] = [...image.command, role]
  const child = spawn(join(image.binDir, program), args, {
    ...{ env, cwd: image.workDir, stdio: ['ignore', 'pipe', 'pipe'] as const },
    ...user(),
  })
  notePid(runDir, uniqueName('image'), child.pid ?? 0, 'dist/main.js')
  const exited = once(child, 'exit')
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  t.after(async () => {
    child.kill('SIGKILL')
    await exited
  })
  const asked = role === 'worker' ? diagnosticsPort : port
  const isHealthy = () =>
    fetch(`http://127.0.0.1:${asked}/health`).then(
      ({ ok }) => ok,
      () => false,
    )
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null
  await waitFor(async () => hasEnded() || (await isHealthy()), { timeoutMs: START_TIMEOUT_MS })
  assert.ok(await isHealthy(), `the ${role} did not get healthy:\n${output}`)
  return {
    env,
    url: `http://127.0.0.1:${port}`,
    diagnostics: `http://127.0.0.1:${diagnosticsPort}`,
    output: () => output,
    async end() {
      child.kill('SIGTERM')
      await exited
      return child.exitCode
    },
  }
}

function filesOf({ workDir }: PlainImage): string[] {
  return globSync('**/*', { cwd: workDir }).sort()
}
