import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type TestContext, test } from 'node:test'
import { parse } from 'yaml'
import { parseConfig } from '../../src/config.ts'
import { installPackages } from '../../src/devstack/install.ts'

interface ComposeService {
  image: string
  build?: string
  command?: string | string[]
  environment?: Record<string, string | null>
  ports?: string[]
  depends_on?: Record<string, { condition: string }>
  healthcheck?: object
  volumes?: string[]
  profiles?: string[]
  read_only?: boolean
  cap_drop?: string[]
  security_opt?: string[]
}

const root = resolve(import.meta.dirname, '../..')
const path = join(root, 'docker-compose.yml')
// Docker knows YAML's merge keys; the parser has to be told.
const { services } = parse(readFileSync(path, 'utf8'), { merge: true }) as {
  services: Record<string, ComposeService>
}
const example = join(root, 'docs/deploy/compose.env.example')
const wanted = readFileSync(example, 'utf8').match(/^\w+(?==$)/gm) ?? []
const secrets: Record<string, string> = Object.fromEntries(
  wanted.map((name) => [name, `${name}-of-the-test-long-enough-for-all`]),
)
const env: NodeJS.ProcessEnv = { ...process.env, ...secrets }
const stores = ['redis', 'postgres', 'kafka']
const roles = ['api', 'worker']

test('docker-compose.yml is accepted by docker compose, and by none of it without a secret', async (t) => {
  const tool = await composeTool(t)
  if (tool === undefined) {
    assert.notEqual(process.env.CI, 'true', 'CI must have docker compose or docker-compose')
    return t.skip('neither docker compose nor docker-compose is installed (apt-get install docker-compose)')
  }
  const check = (given: NodeJS.ProcessEnv) =>
    spawnSync(tool.command, [...tool.args, 'config', '--quiet'], { env: given, encoding: 'utf8', cwd: root })
  const checked = check(env)
  assert.equal(checked.status, 0, checked.stderr)
  for (const name of wanted) {
    const { [name]: _, ...without } = env
    assert.notEqual(check(without).status, 0, `it starts without a ${name}`)
  }
})

test('every secret of the composed services comes from the environment, and has no default', () => {
  const text = readFileSync(path, 'utf8')
  const asked = [...text.matchAll(/(?<!\$)\$\{(\w*(?:SECRET|TOKEN|PASSWORD))(\W)/g)]
  assert.deepEqual([...new Set(asked.map(([, name]) => name))].sort(), wanted.toSorted())
  for (const [use] of asked) assert.match(use, /:$/, `${use} has to be refused when it is empty`)
})

test('what is composed is a configuration that production accepts', () => {
  for (const role of roles) {
    const given = Object.entries(services[role]?.environment ?? {}).map(([name, value]) => [
      name,
      String(value)
        .replace(/\$\{(\w+):\?[^}]*\}/g, (_, variable: string) => secrets[variable] ?? '')
        .replace(/\$\{\w+:-([^}]*)\}/g, '$1'),
    ])
    const inImage = { NODE_ENV: 'production', HOST: '0.0.0.0', DIAGNOSTICS_HOST: '0.0.0.0' }
    const config = parseConfig({ ...Object.fromEntries(given), ...inImage })
    assert.equal(new URL(config.PAYMENT_WEBHOOK_URL).host, `api:${config.PORT}`)
  }
})

test('both roles run the same image, and wait for every store', () => {
  for (const role of roles) {
    const service = services[role]
    assert.deepEqual(service?.command, ['start', role])
    assert.equal(service?.image, services['api']?.image)
    assert.equal(service?.build, '.')
    assert.deepEqual(Object.keys(service?.depends_on ?? {}).sort(), stores.toSorted())
  }
  for (const [name, { depends_on = {} }] of Object.entries(services))
    for (const [other, { condition }] of Object.entries(depends_on)) {
      if (condition === 'service_healthy')
        assert.ok(services[other]?.healthcheck, `${name} waits for ${other}, which has no healthcheck`)
    }
})

test('ports are open to this machine only, and the diagnostics port to nobody', () => {
  const open = Object.entries(services).flatMap(([name, { ports = [] }]) => ports.map((port) => [name, port]))
  assert.deepEqual(open, [
    ['api', '127.0.0.1:8083:8083'],
    ['prometheus', '127.0.0.1:9090:9090'],
    ['grafana', '127.0.0.1:3000:3000'],
  ])
})

test('every container is read-only and without capabilities; the exceptions are known', () => {
  const writing = Object.keys(services).filter((name) => services[name]?.read_only !== true)
  assert.deepEqual(writing, ['kafka'])
  for (const [name, { cap_drop, security_opt }] of Object.entries(services)) {
    assert.deepEqual(cap_drop, ['ALL'], name)
    assert.deepEqual(security_opt, ['no-new-privileges:true'], name)
  }
})

test('every image has a version of its own', () => {
  for (const { image } of Object.values(services)) assert.match(image, /:v?\d+(\.\d+)+$/, image)
})

test('k6 comes when it is asked for, and finds its scenarios', () => {
  const { k6 } = services
  assert.deepEqual(k6?.profiles, ['k6'])
  const others = Object.keys(services).filter((name) => services[name]?.profiles !== undefined)
  assert.deepEqual(others, ['k6'])
  const scenario = k6?.command?.[1] ?? ''
  assert.ok(existsSync(join(root, 'loadtest/k6', scenario)), scenario)
})

test('the composed stores keep the promises of the local ones', () => {
  const { redis, kafka } = services
  assert.match(
    String(redis?.command),
    /--appendonly yes --appendfsync everysec .*--maxmemory-policy noeviction/,
  )
  const pom = readFileSync(join(root, 'src/devstack/kafka/pom.xml'), 'utf8')
  assert.equal(kafka?.image, `apache/kafka:${/<kafka\.version>([\d.]+)</.exec(pom)?.[1]}`)
})

test('what looks at the composed service finds it, and every file that it is given is there', () => {
  const { prometheus, grafana, tempo, 'otel-collector': collector } = services
  for (const watcher of [prometheus, grafana, tempo, collector]) {
    for (const volume of watcher?.volumes ?? []) {
      const source = volume.split(':')[0] ?? ''
      if (source.startsWith('.')) assert.ok(existsSync(join(root, source)), `${source} is missing`)
    }
  }
  const flags = ['--enable-feature=exemplar-storage', '--web.enable-remote-write-receiver']
  for (const flag of flags) assert.ok(prometheus?.command?.includes(flag), flag)
  const { scrape_configs: jobs } = read('prometheus/prometheus.yml') as { scrape_configs: ScrapeConfig[] }
  const job = jobs.find(({ job_name }) => job_name === 'floodgate')
  // Names would be refused by the diagnostics port: addresses are looked up.
  assert.deepEqual(job?.dns_sd_configs, [{ names: roles, type: 'A', port: 9083, refresh_interval: '10s' }])
  assert.ok(job?.authorization.credentials_file, 'the diagnostics port wants its token')
  const { receivers, exporters } = read('otel/collector.yml') as Collector
  const otlp = new URL(services['worker']?.environment?.['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? '')
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
  for (const { url } of datasources) assert.ok(services[new URL(url).hostname], url)
  const { providers } = read('provisioning/dashboards/floodgate.yml') as { providers: Provider[] }
  const mounted = services['grafana']?.volumes?.map((volume) => volume.split(':')[1])
  for (const { options } of providers) assert.ok(mounted?.includes(options.path), options.path)
})

function read(file: string): unknown {
  return parse(readFileSync(join(root, 'dashboards', file), 'utf8'))
}

interface ScrapeConfig {
  job_name: string
  dns_sd_configs: object[]
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

/** Either takes the file as it is. */
async function composeTool(t: TestContext): Promise<{ command: string; args: string[] } | undefined> {
  // k6 is looked at, too. The example names every secret and gives none: no .env of this folder has a say.
  const files = ['--profile', 'k6', '--env-file', example, '-f', path]
  if (runs('docker', 'compose', 'version')) return { command: 'docker', args: ['compose', ...files] }
  if (!runs('docker-compose', 'version') && process.env.CI === 'true') await installCompose(t)
  if (!runs('docker-compose', 'version')) return undefined
  return { command: 'docker-compose', args: files }
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
