import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type TestContext, test } from 'node:test'
import { parse, stringify } from 'yaml'
import { parseConfig } from '../../src/config.ts'
import { installPackages } from '../../src/devstack/install.ts'

interface ComposeService {
  image?: string
  command?: string | string[]
  build?: { dockerfile_inline?: string; dockerfile?: string; context: string }
  environment?: Record<string, string>
  ports?: string[]
  depends_on?: Record<string, { condition: string }>
  healthcheck?: object
  volumes?: string[]
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
  const { service } = compose.services
  const stores = ['redis', 'postgres', 'kafka']
  assert.deepEqual(Object.keys(service?.depends_on ?? {}).sort(), stores.toSorted())
  for (const name of stores) assert.ok(compose.services[name]?.healthcheck, `${name} has no healthcheck`)
  const waits = Object.values(service?.depends_on ?? {}).map((wait) => wait.condition)
  assert.deepEqual(new Set(waits), new Set(['service_healthy']))
  for (const [name, { ports = [] }] of Object.entries(compose.services))
    assert.ok(
      ports.every((port) => port.startsWith('127.0.0.1:')),
      `${name} is open to others`,
    )
  assert.match(service?.build?.dockerfile_inline ?? '', /^USER node$/m)
})

test('the composed stores keep the promises of the local ones', () => {
  const { redis, kafka } = compose.services
  assert.match(
    String(redis?.command),
    /--appendonly yes --appendfsync everysec .*--maxmemory-policy noeviction/,
  )
  const pom = readFileSync(join(root, 'src/devstack/kafka/pom.xml'), 'utf8')
  assert.equal(kafka?.image, `apache/kafka:${/<kafka\.version>([\d.]+)</.exec(pom)?.[1]}`)
})

test('what looks at the composed service finds it, and every file that it is given is there', () => {
  const { service, prometheus, grafana, tempo, 'otel-collector': collector } = compose.services
  for (const watcher of [prometheus, grafana, tempo, collector]) {
    assert.match(watcher?.image ?? '', /:v?\d+\.\d+\.\d+$/)
    for (const volume of watcher?.volumes ?? []) {
      const source = volume.split(':')[0] ?? ''
      if (source.startsWith('.')) assert.ok(existsSync(join(root, source)), `${source} is missing`)
    }
  }
  const flags = ['--enable-feature=exemplar-storage', '--web.enable-remote-write-receiver']
  for (const flag of flags) assert.ok(prometheus?.command?.includes(flag), flag)
  const { scrape_configs: jobs } = read('prometheus/prometheus.yml') as { scrape_configs: ScrapeConfig[] }
  const job = jobs.find(({ job_name }) => job_name === 'floodgate')
  assert.deepEqual(job?.static_configs, [{ targets: ['service:9083'] }])
  assert.ok(job?.authorization.credentials_file, 'the diagnostics port wants its token')
  const { receivers, exporters } = read('otel/collector.yml') as Collector
  const otlp = new URL(service?.environment?.['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? '')
  assert.equal(otlp.hostname, 'otel-collector')
  assert.ok(receivers.otlp.protocols.http.endpoint.endsWith(`:${otlp.port}`))
  assert.equal(exporters['otlp/tempo'].endpoint, 'tempo:4317')
})

test('Grafana is given its dashboards, and leads from an exemplar to its trace', () => {
  const { datasources } = read('provisioning/datasources/floodgate.yml') as { datasources: DataSource[] }
  const uids = datasources.map(({ uid }) => uid)
  assert.deepEqual(uids, ['prometheus', 'tempo'])
  const [destination] = datasources[0]?.jsonData?.exemplarTraceIdDestinations ?? []
  assert.deepEqual(destination, { name: 'trace_id', datasourceUid: 'tempo' })
  for (const { url } of datasources) assert.ok(compose.services[new URL(url).hostname], url)
  const { providers } = read('provisioning/dashboards/floodgate.yml') as { providers: Provider[] }
  const mounted = compose.services['grafana']?.volumes?.map((volume) => volume.split(':')[1])
  for (const { options } of providers) assert.ok(mounted?.includes(options.path), options.path)
})

function read(file: string): unknown {
  return parse(readFileSync(join(root, 'dashboards', file), 'utf8'))
}

interface ScrapeConfig {
  job_name: string
  static_configs: { targets: string[] }[]
  authorization: { credentials_file: string }
}

interface Collector {
  receivers: { otlp: { protocols: { http: { endpoint: string } } } }
  exporters: { 'otlp/tempo': { endpoint: string } }
}

interface DataSource {
  uid: string
  url: string
  jsonData?: { exemplarTraceIdDestinations?: { name: string; datasourceUid: string }[] }
}

interface Provider {
  options: { path: string }
}

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
