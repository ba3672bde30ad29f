/** What holds for one capture holds for each: the list of them comes from the index, so a new one is looked at too. */
import assert from 'node:assert/strict'
import { type ClientRequest, request } from 'node:http'
import { type TestContext, test } from 'node:test'
import { captures } from '../../src/diagnostics/captures/registry.ts'
import { type DiagnosticsOptions, startDiagnostics } from '../../src/diagnostics/index.ts'
import { scopes } from '../../src/diagnostics/thread-config.ts'
import { ask } from './ask.ts'
import { until } from './running-app.ts'

interface Described {
  name: string
  route: string
  method: string
  scope: (typeof scopes)[number]
  params: Record<string, { kind: string; min: number; max: number }>
}

const tokens = {
  metrics: 'metrics-token-of-the-test',
  profile: 'profile-token-of-the-test',
  heap: 'heap-token-of-the-test',
}

async function start(t: TestContext, options: Partial<DiagnosticsOptions> = {}) {
  const { port, stop } = await startDiagnostics({ port: 0, continuous: true, ...options })
  t.after(() => stop())
  const headers = { authorization: `Bearer ${tokens.metrics}` }
  const { json } = await ask(port, '/debug/pprof/?format=json', { headers })
  const described = json.captures as Described[]
  assert.equal(described.length, captures.length)
  return { port, described }
}

test('no capture is opened by a token of a smaller scope, by none, or by one in the address', async (t) => {
  const { port, described } = await start(t, { token: tokens })
  for (const { name, route, method, scope } of described) {
    assert.equal((await ask(port, route, { method })).json.code, 'unauthorized', name)
    assert.equal(
      (await ask(port, `${route}?token=${tokens.heap}`, { method })).json.code,
      'unauthorized',
      name,
    )
    for (const smaller of scopes.slice(0, scopes.indexOf(scope))) {
      const headers = { authorization: `Bearer ${tokens[smaller]}` }
      const { status, json } = await ask(port, route, { method, headers })
      assert.deepEqual([status, json.code], [403, 'forbidden'], `${name} by ${smaller}`)
    }
  }
})

test('every number that a capture takes is refused below, above and beside its bounds, before anything begins', async (t) => {
  const { port, described } = await start(t)
  let tried = 0
  for (const { name, route, method, params } of described) {
    for (const [param, { kind, min, max }] of Object.entries(params)) {
      const wrong = ['NaN', 'Infinity', '', '1e3', '0x1', '１', '%00', '-0', `${max ?? 0}9999999999`]
      if (kind === 'integer') wrong.push(String(min - 1), String(max + 1), `${min}.5`)
      for (const value of wrong) {
        const { status, json } = await ask(port, `${route}?${param}=${encodeURI(value)}`, { method })
        assert.deepEqual([status, json.code], [400, 'bad_parameter'], `${name} ${param}=${value}`)
        tried++
      }
    }
    assert.equal((await ask(port, `${route}?nothing=1`, { method })).json.code, 'unknown_parameter', name)
  }
  assert.ok(tried > 100, String(tried))
})

test('of every capture that watches for a time there is one at a time, and one that nobody waits for any more ends', async (t) => {
  const { port, described } = await start(t)
  const watching = described.filter(({ name, params }) => params.seconds && name !== 'flight')
  assert.ok(watching.length >= 5)
  for (const { name, route } of watching) {
    const path = `${route}?seconds=30`
    const first = hold(port, path)
    await until(async () => {
      const { status, json, headers } = await ask(port, `${route}?seconds=1`, { method: 'GET' })
      if (status !== 429) return false
      assert.equal(json.code, 'capture_running', name)
      assert.ok(Number(headers['retry-after']) >= 1, name)
      return true
    })
    first.destroy()
    await until(async () => (await ask(port, `${route}?seconds=1`)).status === 200)
  }
})

/** A capture that is asked for, and whose answer nobody reads. */
function hold(port: number, path: string): ClientRequest {
  const asked = request({ host: '127.0.0.1', port, path, agent: false })
  asked.on('error', () => {})
  asked.end()
  return asked
}
