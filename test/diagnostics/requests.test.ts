import assert from 'node:assert/strict'
import { request } from 'node:http'
import { type TestContext, test } from 'node:test'
import { type DiagnosticsOptions, startDiagnostics } from '../../src/diagnostics/index.ts'
import { sharedSampler } from '../../src/diagnostics/sampler/sampler.ts'
import type { Live } from '../../src/diagnostics/server/live/collector.ts'
import { ask } from './ask.ts'
import { until } from './running-app.ts'

async function start(t: TestContext, options: Partial<DiagnosticsOptions> = {}): Promise<number> {
  const diagnostics = await startDiagnostics({ port: 0, ...options })
  t.after(() => diagnostics.stop())
  return diagnostics.port
}

test('what is no number, or out of bounds, repeated, empty or unknown is refused with a stable code', async (t) => {
  const port = await start(t)
  for (const [query, code] of [
    ['seconds=NaN', 'bad_parameter'],
    ['seconds=-1', 'bad_parameter'],
    ['seconds=0', 'bad_parameter'],
    ['seconds=301', 'bad_parameter'],
    ['seconds=1e2', 'bad_parameter'],
    ['seconds=1.5', 'bad_parameter'],
    ['seconds=', 'bad_parameter'],
    ['seconds=99999999999999999999', 'bad_parameter'],
    ['seconds=0x10', 'bad_parameter'],
    ['seconds=1&seconds=2', 'repeated_parameter'],
    ['second=1', 'unknown_parameter'],
    ['__proto__=1', 'unknown_parameter'],
    ['seconds=1&format=exe', 'bad_parameter'],
    ['seconds=1&worker=x', 'bad_parameter'],
  ] as const) {
    const { status, json } = await ask(port, `/debug/pprof/profile?${query}`)
    assert.deepEqual([status, json.code], [400, code], query)
  }
  const gone = await ask(port, '/debug/pprof/profile?seconds=1&worker=7')
  assert.deepEqual([gone.status, gone.json.code], [404, 'unknown_worker'])
})

test('the Go tool is told in words what was wrong', async (t) => {
  const port = await start(t)
  const headers = { 'user-agent': 'Go-http-client/1.1' }
  const { body, headers: answered } = await ask(port, '/debug/pprof/profile?seconds=x', { headers })
  assert.equal(body, 'bad_parameter: seconds must be a whole number from 1 to 300\n')
  assert.match(String(answered['content-type']), /^text\/plain/)
  assert.equal(answered['x-go-pprof'], '1')
})

test('a second capture of a kind is told when to come back, and a hang-up stops the first', async (t) => {
  const entries: { outcome?: string }[] = []
  const port = await start(t, { log: { info: (fields) => entries.push(fields), warn() {} } })
  const first = request({ host: '127.0.0.1', port, path: '/debug/pprof/profile?seconds=300', agent: false })
  first.on('error', () => {})
  first.end()
  await until(() => sharedSampler().rateHertz() > 0)

  const second = await ask(port, '/debug/pprof/profile?seconds=1')
  assert.deepEqual([second.status, second.json.code], [429, 'capture_running'])
  const retryAfter = Number(second.headers['retry-after'])
  assert.ok(retryAfter > 200 && retryAfter <= 300, String(retryAfter))

  first.destroy()
  await until(() => sharedSampler().rateHertz() === 0)
  await until(() => entries.some(({ outcome }) => outcome === 'cancelled'))
  assert.equal((await ask(port, '/debug/pprof/profile?seconds=1')).status, 200)
  const { body } = await ask(port, '/metrics')
  assert.match(body, /^diagnostics_captures_total\{kind="profile",outcome="cancelled"\} 1$/m)
  assert.match(body, /^diagnostics_captures_total\{kind="profile",outcome="done"\} 1$/m)
  assert.match(body, /^diagnostics_requests_total\{route="\/debug\/pprof\/profile",status="429"\} 1$/m)
})

test('a capture that is refused before it begins leaves a line and a count, without the secrets of its address', async (t) => {
  const entries: Record<string, unknown>[] = []
  const port = await start(t, { log: { info: (fields) => entries.push({ ...fields }), warn() {} } })
  await ask(port, '/debug/pprof/profile?seconds=0&token=s3cret')
  await ask(port, '/debug/pprof/heap?seconds=1&format=heapprofile')
  await ask(port, '/debug/flight')
  const first = request({ host: '127.0.0.1', port, path: '/debug/pprof/block?seconds=300', agent: false })
  first.on('error', () => {})
  first.end()
  await until(async () => (await ask(port, '/debug/pprof/block?seconds=1')).status === 429)
  first.destroy()
  await until(() => entries.some(({ outcome }) => outcome === 'cancelled'))
  const lines = entries.map(({ capture, params, outcome, bytes }) => [capture, params, outcome, bytes])
  assert.deepEqual(lines.slice(0, 3), [
    ['profile', { seconds: '0', token: '[removed]' }, 'refused', 0],
    ['heap', { seconds: '1', format: 'heapprofile' }, 'refused', 0],
    ['flight', {}, 'refused', 0],
  ])
  assert.match(String(entries[1]?.why), /a difference has values below zero/)
  assert.ok(lines.some(([capture, , outcome]) => capture === 'block' && outcome === 'refused'))
  const { body } = await ask(port, '/metrics')
  for (const kind of ['profile', 'heap', 'flight', 'block'])
    assert.match(
      body,
      new RegExp(`^diagnostics_captures_total\\{kind="${kind}",outcome="refused"\\} [1-9]\\d*$`, 'm'),
    )
})

test('HEAD of a capture captures nothing, is refused as GET is, and claims nothing of an answer that nobody knows', async (t) => {
  const entries: object[] = []
  const port = await start(t, { log: { info: (fields) => entries.push(fields), warn() {} } })
  const head = (path: string) => ask(port, path, { method: 'HEAD' })
  for (const path of ['/debug/pprof/profile?seconds=300', '/debug/stacks', '/debug/gc']) {
    const { status, headers, body } = await head(path)
    assert.deepEqual([status, body], [200, ''], path)
    assert.deepEqual([headers['content-length'], headers['content-type']], [undefined, undefined], path)
  }
  for (const [path, status] of [
    ['/debug/pprof/profile?seconds=0', 400],
    ['/debug/pprof/profile?second=1', 400],
    ['/debug/pprof/profile?worker=99', 404],
    ['/debug/flight', 404],
  ] as const) {
    assert.equal((await head(path)).status, status, path)
    assert.equal((await ask(port, path)).status, status, path)
  }
  assert.equal(sharedSampler().rateHertz(), 0)
  const first = request({ host: '127.0.0.1', port, path: '/debug/pprof/block?seconds=300', agent: false })
  first.on('error', () => {})
  first.end()
  await until(async () => (await head('/debug/pprof/block')).status === 429)
  first.destroy()
  await until(async () => (await head('/debug/pprof/block')).status === 200)
})

test('what is over after a while says when to come back, also where the refusal itself does not', async (t) => {
  const port = await start(t)
  // The sampler belongs to the process: whoever else holds it is asked to give it back.
  const { time } = await import('@datadog/pprof')
  time.start({ durationMillis: 60_000 })
  t.after(() => time.stop())
  const { status, headers, json } = await ask(port, '/debug/pprof/profile?seconds=1')
  assert.deepEqual([status, json.code], [409, 'sampler_in_use'])
  assert.ok(Number(headers['retry-after']) >= 1)
  assert.equal((await ask(port, '/debug/pprof/profile?seconds=0')).headers['retry-after'], undefined)
})

test('gzip is not sent to whoever refuses it', async (t) => {
  const port = await start(t)
  const encoding = async (path: string, accepted: string) => {
    const headers = { 'accept-encoding': accepted }
    return (await ask(port, path, { method: 'HEAD', headers })).headers['content-encoding']
  }
  for (const path of ['/metrics', '/debug/live', '/ui/app.js']) {
    for (const accepted of ['gzip;q=0', 'gzip; q=0.000, identity', 'br', 'gzipped', 'GZIP;Q=0'])
      assert.equal(await encoding(path, accepted), undefined, `${path} ${accepted}`)
    for (const accepted of ['gzip', 'br, gzip;q=0.5', 'GZIP', 'x-gzip'])
      assert.equal(await encoding(path, accepted), 'gzip', `${path} ${accepted}`)
  }
})

test('the log level is told and changed, and only to what is one', async (t) => {
  let level = 'info'
  const logLevel = {
    get: () => level,
    set: (next: string) => {
      level = next
    },
  }
  const port = await start(t, { logLevel })
  assert.deepEqual((await ask(port, '/debug/loglevel')).json, { level: 'info' })
  assert.equal((await ask(port, '/debug/loglevel?level=debug', { method: 'PUT' })).status, 200)
  assert.equal(level, 'debug')
  const body = JSON.stringify({ level: 'warn' })
  const changed = await ask(port, '/debug/loglevel', { method: 'POST', body })
  assert.deepEqual(changed.json, { level: 'warn', before: 'debug', missing: [] })
  for (const path of ['/debug/loglevel?level=loud', '/debug/loglevel'])
    assert.deepEqual((await ask(port, path, { method: 'POST', body: '{' })).json.code, 'bad_level')
  assert.equal(level, 'warn')
})

test('health says which check failed', async (t) => {
  const checks = {
    good: () => true,
    bad: async () => {
      throw new Error('the store is away')
    },
  }
  const port = await start(t, { checks })
  const { status, json } = await ask(port, '/health')
  assert.equal(status, 503)
  assert.deepEqual(json, {
    status: 'failing',
    checks: [
      { worker: 0, name: 'good', ok: true },
      { worker: 0, name: 'bad', ok: false, why: 'the store is away' },
    ],
    silent: [],
  })
})

test('a callback of the application that throws is answered, and the port lives on', async (t) => {
  let broken = true
  const metrics = () => {
    if (broken) throw new Error('collecting failed')
    return []
  }
  const port = await start(t, { metrics })
  const { status, headers } = await ask(port, '/metrics')
  assert.equal(status, 200)
  assert.equal(headers['x-diagnostics-partial'], 'worker 0')
  broken = false
  assert.equal((await ask(port, '/metrics')).headers['x-diagnostics-partial'], undefined)
})

test('a gauge or metrics that throw are missing on the live page, and the process is not said to be blocked', async (t) => {
  const fails = () => {
    throw new Error('no number')
  }
  const gauges = { fine: () => 3, broken: fails, none: () => Number.NaN }
  const port = await start(t, { gauges, metrics: fails })
  const live = async () => (await ask(port, '/debug/live')).json as unknown as Live
  await until(async () => (await live()).points.length > 1)
  const { silent, frame } = await live()
  assert.deepEqual(silent, [])
  assert.equal(frame?.processes.length, 1)
  assert.equal(frame?.values['g:fine'], 3)
  assert.ok(!('g:broken' in (frame?.values ?? {})) && !('g:none' in (frame?.values ?? {})))
})

test('the index without its slash is one step away, as Go has it', async (t) => {
  const port = await start(t)
  const { status, headers } = await ask(port, '/debug/pprof?format=json')
  assert.deepEqual([status, headers.location], [301, '/debug/pprof/?format=json'])
  assert.equal((await ask(port, '/debug/pprof')).headers.location, '/debug/pprof/')
})

test('the index names every capture with its bounds and its cost in words', async (t) => {
  const port = await start(t)
  const { body } = await ask(port, '/debug/pprof/')
  assert.match(body, /GET \/debug\/pprof\/profile/)
  assert.match(body, /1 to 300, 30 by default/)
  assert.match(body, /a stall of 7 to 25 ms/)
})

test('what go tool pprof asks for beside profiles is there', async (t) => {
  const port = await start(t)
  assert.match((await ask(port, '/debug/pprof/symbol')).body, /^num_symbols: 0/)
  assert.equal((await ask(port, '/debug/pprof/symbol', { method: 'POST', body: '0x1+0x2' })).status, 200)
  assert.equal((await ask(port, '/debug/pprof/cmdline')).body.split('\0')[0], process.execPath)
})
