import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type TestContext, test } from 'node:test'
import { parse, stringify } from 'yaml'
import { parseConfig } from '../../src/config.ts'
import { installPackages } from '../../src/devstack/install.ts'

interface ComposeService {
  image?: string
  command?: string
  build?: { dockerfile_inline?: string; dockerfile?: string; context: string }
  environment?: Record<string, string>
  ports?: string[]
  depends_on?: Record<string, { condition: string }>
  healthcheck?: object
}

const root = resolve(import.meta.dirname, '../..')
const path = join(root, 'docker-compose.yml')
const compose = parse(readFileSync(path, 'utf8')) as { services: Record<string, ComposeService> }
const secrets = Object.fromEntries(
  ['JWT_SECRET', 'QUEUE_SECRET', 'PAYMENT_WEBHOOK_SECRET', 'DIAGNOSTICS_TOKEN'].map((name) => [
    name,
    `a ${name} of the test, long enough`,
  ]),
)
const env: NodeJS.ProcessEnv = { ...process.env, ...secrets }

test('docker-compose.yml is accepted by docker compose', async (t) => {
  const tool = await composeTool(t)
  if (tool === undefined) {
    assert.notEqual(process.env.CI, 'true', 'CI must have docker compose or docker-compose')
    return t.skip('neither docker compose nor docker-compose is installed (apt-get install docker-compose)')
  }
  const checked = spawnSync(tool.command, [...tool.args, 'config', '--quiet'], {
    env,
    encoding: 'utf8',
    cwd: root,
  })
  assert.equal(checked.status, 0, checked.stderr)
  for (const name of Object.keys(secrets)) {
    const { [name]: _, ...without } = env
    const refused = spawnSync(tool.command, [...tool.args, 'config', '--quiet'], {
      env: without,
      encoding: 'utf8',
      cwd: root,
    })
    assert.notEqual(refused.status, 0, `it starts without a ${name}`)
  }
})

test('what is composed is a configuration that production accepts', () => {
  const given = Object.entries(compose.services['service']?.environment ?? {}).map(([name, value]) => [
    name,
    String(value).replace(
      /\$\{(\w+)(?::[?-]([^}]*))?\}/g,
      (_, variable: string, otherwise: string) => secrets[variable] ?? otherwise,
    ),
  ])
  assert.doesNotThrow(() => parseConfig({ ...Object.fromEntries(given), NODE_ENV: 'production' }))
})

test('the composed service waits for every store, and its ports are open to this machine only', () => {
  const { service, ...stores } = compose.services
  assert.deepEqual(Object.keys(service?.depends_on ?? {}).sort(), Object.keys(stores).sort())
  for (const [name, { healthcheck }] of Object.entries(stores))
    assert.ok(healthcheck, `${name} has no healthcheck`)
  const waits = Object.values(service?.depends_on ?? {}).map((wait) => wait.condition)
  assert.deepEqual(new Set(waits), new Set(['service_healthy']))
  assert.ok(service?.ports?.every((port) => port.startsWith('127.0.0.1:')))
  assert.match(service?.build?.dockerfile_inline ?? '', /^USER node$/m)
})

test('the composed stores keep the promises of the local ones', () => {
  const { redis, kafka } = compose.services
  assert.match(
    redis?.command ?? '',
    /--appendonly yes --appendfsync everysec .*--maxmemory-policy noeviction/,
  )
  const pom = readFileSync(join(root, 'src/devstack/kafka/pom.xml'), 'utf8')
  assert.equal(kafka?.image, `apache/kafka:${/<kafka\.version>([\d.]+)</.exec(pom)?.[1]}`)
})

/** `docker compose` takes the file as it is; Debian's docker-compose (1.29) does not know a Dockerfile written inline. */
async function composeTool(t: TestContext): Promise<{ command: string; args: string[] } | undefined> {
  if (runs('docker', 'compose', 'version')) return { command: 'docker', args: ['compose', '-f', path] }
  if (!runs('docker-compose', 'version') && process.env.CI === 'true') await installCompose(t)
  if (!runs('docker-compose', 'version')) return undefined
  const dir = mkdtempSync(join(tmpdir(), 'floodgate-compose-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const build = compose.services.service?.build
  writeFileSync(join(dir, 'Dockerfile'), build?.dockerfile_inline ?? '')
  const { dockerfile_inline: _, ...rest } = build ?? { context: root }
  const service = { ...compose.services.service, build: { ...rest, dockerfile: join(dir, 'Dockerfile') } }
  const copy = join(dir, 'docker-compose.yml')
  writeFileSync(copy, stringify({ ...compose, services: { ...compose.services, service } }))
  return { command: 'docker-compose', args: ['-f', copy] }
}

async function installCompose(t: TestContext): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'floodgate-apt-'))
  t.after(() => rmSync(dataDir, { recursive: true, force: true }))
  const outcome = await installPackages({
    packages: ['docker-compose'],
    why: 'docker-compose was not found',
    assumeYes: true,
    dataDir,
    env: process.env,
    report: (line) => t.diagnostic(line),
  })
  if (outcome.kind === 'not_installed') t.diagnostic(outcome.why)
}

function runs(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore', timeout: 30_000 }).status === 0
}
