import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { findPrometheus } from '../../src/devstack/find-program.ts'
import { isSameProcess } from '../../src/devstack/identity.ts'
import { prometheusConfigPath } from '../../src/devstack/prometheus.ts'
import { readRecord } from '../../src/devstack/record.ts'
import { waitFor } from '../../src/devstack/wait.ts'
import { openDataDir, startService, untilNothingRuns } from './service.ts'

const found = await findPrometheus(process.env)
const skip = found.kind === 'missing' && process.env.CI !== 'true' ? found.why : false

test('Prometheus runs on the configuration in its folder, keeps what it is written, and ends with its owner', {
  skip,
}, async (t) => {
  const dataDir = openDataDir(t)
  writeConfig(dataDir)
  const { child, endpoints } = await startService(dataDir, 'prometheus')
  const url = endpoints.prometheusUrl
  assert.ok(url)
  // Nobody knows its port before it runs: it finds its targets in a folder that it watches.
  const target = [{ targets: [new URL(url).host] }]
  writeFileSync(join(dataDir, 'prometheus/targets/itself.json'), JSON.stringify(target))
  const targets = async () => {
    const { data } = (await (await fetch(`${url}/api/v1/targets`)).json()) as Targets
    return data.activeTargets.map(({ labels, health }) => `${labels.job} ${health}`)
  }
  assert.ok(await waitFor(async () => (await targets()).includes('itself up'), { timeoutMs: 30_000 }))
  // An empty body is no snappy: refused by the receiver, which would answer 404 were it off.
  assert.equal((await fetch(`${url}/api/v1/write`, { method: 'POST' })).status, 400)
  const exemplars = await fetch(`${url}/api/v1/query_exemplars?query=up&start=1&end=2`)
  assert.equal(((await exemplars.json()) as { status: string }).status, 'success')
  child.kill('SIGKILL')
  assert.ok(await untilNothingRuns(dataDir), 'Prometheus is still running')
})

test('a Prometheus that is killed comes back on its port', { skip }, async (t) => {
  const dataDir = openDataDir(t)
  writeConfig(dataDir)
  const { endpoints, lines } = await startService(dataDir, 'prometheus')
  const before = readRecord(dataDir).stores.prometheus?.process
  assert.ok(before)
  process.kill(before.pid, 'SIGKILL')
  assert.ok(await waitFor(() => lines.some((line) => /Prometheus is back/.test(line)), { timeoutMs: 30_000 }))
  assert.equal((await fetch(`${endpoints.prometheusUrl}/-/ready`)).status, 200)
  assert.ok(!isSameProcess(before))
})

test('without a configuration it does not start, and says which file is missing', { skip }, async (t) => {
  const dataDir = openDataDir(t)
  await assert.rejects(startService(dataDir, 'prometheus'), /prometheus\.yml is missing/)
})

interface Targets {
  data: { activeTargets: { labels: { job: string }; health: string }[] }
}

function writeConfig(dataDir: string): void {
  const dir = join(dataDir, 'prometheus')
  mkdirSync(join(dir, 'targets'), { recursive: true })
  const config = `global: { scrape_interval: 200ms }
scrape_configs:
  - job_name: itself
    file_sd_configs: [{ files: ['${dir}/targets/*.json'] }]
`
  writeFileSync(prometheusConfigPath(dir), config)
}
