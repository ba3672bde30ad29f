import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type DiagnosticsOptions, startDiagnostics } from '../../src/diagnostics/index.ts'
import { ask } from './ask.ts'

const tokens = {
  metrics: 'metrics-token-of-the-test',
  profile: 'profile-token-of-the-test',
  heap: 'heap-token-of-the-test',
}
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })

async function start(t: TestContext, options: Partial<DiagnosticsOptions> = {}): Promise<number> {
  const diagnostics = await startDiagnostics({ port: 0, ...options })
  t.after(() => diagnostics.stop())
  return diagnostics.port
}

test('an address that others reach is refused without a token, and a short token everywhere', async (t) => {
  await assert.rejects(start(t, { host: '0.0.0.0' }), /open to others: set a token/)
  await assert.rejects(start(t, { host: '::' }), /open to others/)
  await assert.rejects(start(t, { token: 'fifteen-letters' }), /16 characters/)
  await assert.rejects(start(t, { host: '0.0.0.0', token: { profile: 'short' } }), /scope profile/)
  await start(t, { host: '0.0.0.0', token: tokens.heap })
})

test('a port that is taken is said at the start', async (t) => {
  const port = await start(t)
  await assert.rejects(start(t, { port }), { code: 'EADDRINUSE' })
})

test('every route but a bare health and the page’s empty files asks for a token, and takes it as bearer or basic', async (t) => {
  const port = await start(t, { token: tokens })
  for (const path of [
    '/ui',
    '/debug/live',
    '/metrics',
    '/debug/pprof/',
    '/debug/pprof/profile?seconds=1',
    '/nowhere',
  ]) {
    const { status, headers, json } = await ask(port, path)
    assert.equal(status, 401, path)
    assert.match(String(headers['www-authenticate']), /Basic.*Bearer/)
    assert.equal(json.code, 'unauthorized')
  }
  const basic = (user: string, token: string) => ({
    headers: { authorization: `Basic ${Buffer.from(`${user}:${token}`).toString('base64')}` },
  })
  assert.equal((await ask(port, '/metrics', bearer(tokens.metrics))).status, 200)
  assert.equal((await ask(port, '/metrics', basic('anybody', tokens.metrics))).status, 200)
  assert.equal((await ask(port, '/metrics', basic('', tokens.heap))).status, 200)
  for (const wrong of ['metrics-token-of-the-tesT', '', `${tokens.metrics}x`]) {
    assert.equal((await ask(port, '/metrics', bearer(wrong))).status, 401)
    assert.equal((await ask(port, '/metrics', basic('x', wrong))).status, 401)
  }
  assert.deepEqual((await ask(port, '/health')).json, { status: 'alive' })
  assert.ok('checks' in (await ask(port, '/health', bearer(tokens.metrics))).json)
})

test('a higher token opens the lower scopes, and a lower one not the higher', async (t) => {
  const port = await start(t, { token: tokens })
  const { status, json } = await ask(port, '/debug/pprof/profile?seconds=1', bearer(tokens.metrics))
  assert.equal(status, 403)
  assert.equal(json.code, 'forbidden')
  assert.equal((await ask(port, '/debug/pprof/cmdline', bearer(tokens.profile))).status, 200)
  assert.equal((await ask(port, '/debug/pprof/cmdline', bearer(tokens.heap))).status, 200)
  assert.equal((await ask(port, '/metrics', bearer(tokens.profile))).status, 200)
})

test('a Host that names another is refused: DNS rebinding', async (t) => {
  const port = await start(t, { allowedHosts: ['diagnostics.internal'] })
  const at = async (host: string) => (await ask(port, '/metrics', { headers: { host } })).status
  for (const host of [
    `localhost:${port}`,
    '127.0.0.1',
    `[::1]:${port}`,
    'LOCALHOST',
    'diagnostics.internal:80',
  ])
    assert.equal(await at(host), 200, host)
  for (const host of [
    'evil.example',
    'localhost.evil.example',
    '10.0.0.1',
    '127.evil.example',
    'a@localhost',
  ])
    assert.equal(await at(host), 421, host)
})

test('an open port is called by any address, and still by no foreign name', async (t) => {
  const port = await start(t, { host: '0.0.0.0', token: tokens.heap })
  const at = async (host: string) => {
    const headers = { host, authorization: `Bearer ${tokens.heap}` }
    return (await ask(port, '/metrics', { headers })).status
  }
  assert.equal(await at(`10.1.2.3:${port}`), 200)
  assert.equal(await at('evil.example'), 421)
})

test("another site's pages may not call it, its own may", async (t) => {
  const port = await start(t)
  const from = async (headers: Record<string, string>) => (await ask(port, '/metrics', { headers })).status
  assert.equal(await from({ origin: 'http://evil.example' }), 403)
  assert.equal(await from({ origin: 'null' }), 403)
  assert.equal(await from({ 'sec-fetch-site': 'cross-site' }), 403)
  assert.equal(await from({ origin: `http://127.0.0.1:${port}`, 'sec-fetch-site': 'same-origin' }), 200)
})

test('a link to the page may be followed from anywhere; nothing else may be called from there', async (t) => {
  const port = await start(t)
  const link = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
  for (const site of ['same-site', 'cross-site']) {
    const from = async (path: string, more: Record<string, string> = link, method = 'GET') =>
      (await ask(port, path, { method, headers: { 'sec-fetch-site': site, ...more } })).status
    assert.equal(await from('/'), 200)
    assert.equal(await from('/?from=grafana'), 200)
    assert.equal(await from('/ui'), 200)
    assert.equal(await from('/', link, 'HEAD'), 200)
    for (const path of [
      '/metrics',
      '/ui/app.js',
      '/speedscope/',
      '/debug/pprof/',
      '/debug/vars',
      '/debug/stacks',
    ])
      assert.equal(await from(path), 403, path)
    assert.equal(await from('/', { ...link, 'sec-fetch-dest': 'iframe' }), 403)
    assert.equal(await from('/', { ...link, 'sec-fetch-mode': 'no-cors' }), 403)
    assert.equal(await from('/', {}), 403)
    assert.equal(await from('/', link, 'POST'), 403)
    assert.equal(await from('/', { ...link, origin: 'http://evil.example' }), 403)
    assert.equal(await from('/', { ...link, host: 'evil.example' }), 421)
  }
})

test('the page that a link opens holds nothing of the service, and is no frame of anybody', async (t) => {
  const secret = 'a-name-that-only-the-service-knows'
  const port = await start(t, { gauges: { [secret]: () => 1 }, sections: { [secret]: () => secret } })
  assert.ok((await ask(port, '/debug/vars')).body.includes(secret))
  const [one, other] = [await ask(port, '/'), await ask(await start(t), '/ui')]
  assert.equal(one.body, other.body, 'a file, the same for all')
  assert.ok(!one.body.includes(secret))
  assert.match(String(one.headers['content-security-policy']), /frame-ancestors 'none'/)
  assert.equal(one.headers['cross-origin-opener-policy'], 'same-origin')
})

test('an address with its host, as proxies are asked, is taken for its path, and the host for the Host header', async (t) => {
  const port = await start(t)
  const at = async (target: string, host = `localhost:${port}`) =>
    (await ask(port, target, { headers: { host } })).status
  for (const target of [
    `http://localhost:${port}/metrics`,
    'http://127.0.0.1/metrics?',
    'HTTPS://[::1]:9083/metrics',
  ])
    assert.equal(await at(target), 200, target)
  assert.equal(await at('http://evil.example/metrics'), 421)
  assert.equal(await at(`http://localhost:${port}/metrics`, 'evil.example'), 421)
  for (const target of [
    'http://me@localhost/metrics',
    'ftp://localhost/metrics',
    'http://',
    'localhost/metrics',
  ])
    assert.equal(await at(target), 400, target)
})

test('other methods are answered 405 with those that are allowed', async (t) => {
  const port = await start(t)
  for (const [path, allow] of [
    ['/metrics', 'GET, HEAD'],
    ['/debug/pprof/profile', 'GET, HEAD'],
    ['/debug/loglevel', 'GET, HEAD, PUT, POST'],
  ] as const) {
    const { status, headers } = await ask(port, path, { method: 'DELETE' })
    assert.equal(status, 405)
    assert.equal(headers.allow, allow)
  }
  const head = await ask(port, '/metrics', { method: 'HEAD' })
  assert.equal(head.status, 200)
  assert.equal(head.body, '')
})

test('answers are not kept, not sniffed and not framed', async (t) => {
  const port = await start(t)
  for (const path of ['/metrics', '/debug/pprof/', '/nowhere']) {
    const { headers } = await ask(port, path)
    assert.equal(headers['cache-control'], 'no-store')
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.match(String(headers['content-security-policy']), /default-src 'none'.*frame-ancestors 'none'/)
  }
})

test('addresses, headers and bodies without end are refused', async (t) => {
  const port = await start(t, { logLevel: { get: () => 'info', set() {} } })
  const long = await ask(port, `/metrics?x=${'y'.repeat(3000)}`)
  assert.deepEqual([long.status, long.json.code], [414, 'url_too_long'])
  assert.equal((await ask(port, '/metrics', { headers: { 'x-long': 'y'.repeat(20_000) } })).status, 431)
  const body = await ask(port, '/debug/loglevel', { method: 'POST', body: 'y'.repeat(100_000) }).catch(
    (error: NodeJS.ErrnoException) => error,
  )
  // The socket may be closed while the body is still being sent.
  if (body instanceof Error) assert.match(String(body.code), /EPIPE|ECONNRESET/)
  else assert.equal(body.status, 413)
})

test('secrets are not in the sections: by name, and in addresses', async (t) => {
  const port = await start(t, {
    sections: {
      configuration: () => ({
        JWT_SECRET: 's3cret',
        apiKey: 's3cret',
        nested: { password: 's3cret', list: [{ authorization: 's3cret' }] },
        DATABASE_URL: 'postgres://me:s3cret@db:5432/x',
        key: '-----BEGIN PRIVATE KEY-----s3cret',
        PORT: 8083,
      }),
      broken: () => {
        throw new Error('no such thing')
      },
    },
  })
  const { body, json } = await ask(port, '/debug/vars')
  assert.ok(!body.includes('s3cret'), body)
  const { configuration, broken } = (json.workers as Record<string, Record<string, Record<string, unknown>>>)[
    '0'
  ] as Record<string, Record<string, unknown>>
  assert.equal(configuration?.PORT, 8083)
  assert.equal(configuration?.DATABASE_URL, 'postgres://[removed]@db:5432/x')
  assert.deepEqual(broken, { failed: 'no such thing' })
})
