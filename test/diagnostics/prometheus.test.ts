import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { startDiagnostics } from '../../src/diagnostics/index.ts'
import { has, temporaryDir } from './programs.ts'
import { until } from './running-app.ts'

test('a real Prometheus scrapes the port with a token, and stores the exemplars', async (t) => {
  if (!has(t, 'prometheus')) return
  const token = 'a token of the metrics scope'.replaceAll(' ', '-')
  const timestampSeconds = Date.now() / 1000
  const diagnostics = await startDiagnostics({
    port: 0,
    token: { metrics: token },
    metrics: () => [
      {
        name: 'took_seconds',
        help: 'Took',
        type: 'histogram',
        merge: 'sum',
        samples: [
          {
            suffix: '_bucket',
            labels: { le: '1' },
            value: 3,
            exemplar: { labels: { trace_id: 'abc' }, value: 0.7, timestampSeconds },
          },
          { suffix: '_bucket', labels: { le: '+Inf' }, value: 3 },
          { suffix: '_sum', labels: {}, value: 2 },
          { suffix: '_count', labels: {}, value: 3 },
        ],
      },
    ],
  })
  t.after(() => diagnostics.stop())
  const dir = temporaryDir(t)
  writeFileSync(
    join(dir, 'prometheus.yml'),
    `scrape_configs:
  - job_name: app
    scrape_interval: 200ms
    scrape_timeout: 200ms
    authorization: { credentials: ${token} }
    static_configs: [{ targets: ['127.0.0.1:${diagnostics.port}'] }]
`,
  )
  const port = await freePort()
  const prometheus = spawn(
    'prometheus',
    [
      `--config.file=${join(dir, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(dir, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--enable-feature=exemplar-storage',
    ],
    { stdio: 'ignore' },
  )
  t.after(async () => {
    const gone = once(prometheus, 'exit')
    prometheus.kill('SIGKILL')
    await gone
  })
  const asked = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`).catch(() => null)
    return response?.ok ? ((await response.json()) as { data: { result: unknown[] } & unknown[] }).data : null
  }
  await until(async () => ((await asked('query?query=took_seconds_count'))?.result.length ?? 0) > 0)
  const end = timestampSeconds + 3600
  const query = `query_exemplars?query=took_seconds_bucket&start=${timestampSeconds - 3600}&end=${end}`
  await until(async () => ((await asked(query))?.length ?? 0) > 0)
  const [series] = (await asked(query)) as unknown as [{ exemplars: { labels: object; value: string }[] }]
  assert.deepEqual(series.exemplars[0]?.labels, { trace_id: 'abc' })
  assert.equal(series.exemplars[0]?.value, '0.7')
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address ? address.port : 0
}
