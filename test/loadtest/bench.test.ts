import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type TestContext, test } from 'node:test'
import { findWrk } from '../../loadtest/bench/find-wrk.ts'
import { quantileOf } from '../../loadtest/bench/histogram.ts'
import { benchNames, parseOptions } from '../../loadtest/bench/options.ts'
import { readResults, renderReport } from '../../loadtest/bench/report.ts'
import { parseMetrics } from '../../loadtest/bench/scrape.ts'
import { spreadOf } from '../../loadtest/bench/statistics.ts'
import { runWrk } from '../../loadtest/bench/wrk.ts'

const withoutWrk = findWrk(process.env) === null ? 'wrk is not installed (apt-get install wrk)' : false
const samples = resolve(import.meta.dirname, 'samples')

function openFolder(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'floodgate-bench-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

test('a name that there is not prints how it is used and ends with 2, before anything is started', () => {
  const bench = resolve(import.meta.dirname, '../../loadtest/bench.ts')
  const done = spawnSync(process.execPath, [bench, 'capacities'], { encoding: 'utf8', timeout: 30_000 })
  assert.equal(done.status, 2, done.stderr)
  assert.match(done.stderr, /^usage: npm run bench/)
  for (const args of [['--seconds', '0'], ['--rounds', 'many'], ['--fast']])
    assert.equal(parseOptions(args), null)
})

test('no name means every bench; names come in the order in which they run', () => {
  assert.deepEqual(parseOptions([])?.names, benchNames)
  assert.deepEqual(parseOptions(['pools', 'ceiling', '--rounds', '2'])?.names, ['ceiling', 'pools'])
})

test('the same results make the same page', () => {
  const results = readResults(samples)
  assert.deepEqual(
    results.map(({ bench }) => bench),
    ['ceiling', 'capacity', 'persist', 'pools', 'refused'],
  )
  const page = renderReport(results)
  assert.equal(page, renderReport(readResults(samples)))
  assert.equal(page, readFileSync(join(samples, 'benchmarks.md'), 'utf8'))
})

test('a median stands between the least and the most', () => {
  assert.deepEqual(spreadOf([5, 1, 3]), { median: 3, min: 1, max: 5 })
  assert.deepEqual(spreadOf([4, 2]), { median: 3, min: 2, max: 4 })
  assert.throws(() => spreadOf([]))
})

test('a quantile lies in its bucket, counted from the reading before', () => {
  const page = (counts: number[]) =>
    parseMetrics(
      ['1', '3', '+Inf'].map((le, i) => `d_bucket{le="${le}",status="409"} ${counts[i]}`).join('\n'),
    )
  const before = page([50, 50, 50])
  const series = /^d_bucket\{.*status="409"/
  assert.equal(quantileOf(before, page([150, 150, 150]), series, 0.5), 0.5)
  assert.equal(quantileOf(before, page([100, 150, 150]), series, 0.75), 2)
  assert.equal(quantileOf(before, page([50, 50, 150]), series, 0.99), 3)
  assert.equal(quantileOf(before, before, series, 0.99), null)
})

test('a page of metrics is read by name and labels', () => {
  const page = '# HELP a b\n# TYPE a counter\na{outcome="sold out"} 12\nb 0.5\n'
  assert.deepEqual(
    [...parseMetrics(page)],
    [
      ['a{outcome="sold out"}', 12],
      ['b', 0.5],
    ],
  )
})

test('reserve.lua sends tokens and bodies in turn', { skip: withoutWrk }, async (t) => {
  const dir = openFolder(t)
  const tokens = join(dir, 'tokens')
  const bodies = join(dir, 'bodies')
  writeFileSync(tokens, 'one\ntwo\nthree\n')
  writeFileSync(bodies, '{"n":1}\n{"n":2}\n')
  const { url, seen } = await openServer(t)
  const summary = await runWrk({
    script: 'reserve',
    scriptArgs: [tokens, bodies],
    url: `${url}/reserve`,
    connections: 1,
    seconds: 1,
  })
  assert.ok(
    summary.requests > 3 && summary.not_2xx === 0 && summary.socket_errors === 0,
    JSON.stringify(summary),
  )
  assert.ok(
    summary.seconds > 0.5 && summary.p50_ms > 0 && summary.p99_ms >= summary.p50_ms,
    JSON.stringify(summary),
  )
  // wrk itself took the first one.
  assert.deepEqual(
    seen.slice(0, 3).map(({ headers, body }) => [headers.authorization, body]),
    [
      ['Bearer two', '{"n":2}'],
      ['Bearer three', '{"n":1}'],
      ['Bearer one', '{"n":1}'],
    ],
  )
  assert.equal(seen[0]?.headers['content-type'], 'application/json')
})

test('reserve.lua gives every request an idempotency key of its own where it is asked to', {
  skip: withoutWrk,
}, async (t) => {
  const [tokens, bodies] = [join(openFolder(t), 'tokens'), join(openFolder(t), 'bodies')]
  writeFileSync(tokens, 'one\ntwo\n')
  writeFileSync(bodies, '{"n":1}\n')
  const { url, seen } = await openServer(t)
  const scriptArgs = [tokens, bodies, '1000', 'soak-']
  await runWrk({ script: 'reserve', scriptArgs, url, connections: 1, seconds: 1 })
  const keys = seen.map(({ headers }) => headers['idempotency-key'])
  assert.deepEqual(keys.slice(0, 3), ['soak-2', 'soak-3', 'soak-4'])
  assert.equal(new Set(keys).size, keys.length)
  assert.ok(seen.every(({ body }) => body === '{"n":1}'))
})

test('reserve.lua keeps a rate also where answers are late, and sends no more', {
  skip: withoutWrk,
}, async (t) => {
  const [tokens, bodies] = [join(openFolder(t), 'tokens'), join(openFolder(t), 'bodies')]
  writeFileSync(tokens, 'one\ntwo\n')
  writeFileSync(bodies, '{"n":1}\n')
  const { url, seen } = await openServer(t, 100)
  const scriptArgs = [tokens, bodies, '50']
  await runWrk({ script: 'reserve', scriptArgs, url, connections: 10, seconds: 2 })
  // Ten connections that each rested 200 ms after an answer would send 66.
  assert.ok(seen.length > 80 && seen.length <= 110, `${seen.length}`)
})

test('confirm.lua sends each confirmation once and then nothing', { skip: withoutWrk }, async (t) => {
  const confirms = join(openFolder(t), 'confirms')
  const lines = Array.from(
    { length: 20 },
    (_, i) => `/bookings/${i}/confirm\ttoken-${i}\t{"payment_id":"${i}"}`,
  )
  writeFileSync(confirms, `${lines.join('\n')}\n`)
  const { url, seen } = await openServer(t)
  await runWrk({ script: 'confirm', scriptArgs: [confirms], url, connections: 1, seconds: 1 })
  const paths = seen.map(({ path }) => path)
  assert.deepEqual(
    [...new Set(paths)],
    Array.from({ length: 19 }, (_, i) => `/bookings/${i + 1}/confirm`),
  )
})

test('load for another machine is refused', async () => {
  const options = { script: 'reserve', scriptArgs: [], connections: 1, seconds: 1 } as const
  await assert.rejects(runWrk({ ...options, url: 'http://example.com/' }), /this machine only/)
})

interface Seen {
  path: string | undefined
  headers: IncomingHttpHeaders
  body: string
}

/** Answers 201 to everything and keeps the first two hundred requests. */
async function openServer(t: TestContext, lateMs = 0): Promise<{ url: string; seen: Seen[] }> {
  const seen: Seen[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      if (seen.length < 200) seen.push({ path: request.url, headers: request.headers, body })
      setTimeout(() => response.writeHead(201).end(), lateMs)
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  t.after(() => server.closeAllConnections())
  t.after(() => server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}
