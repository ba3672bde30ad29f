/** What the page is made of, as a client without a browser sees it. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { ViewerProfile } from '../../src/diagnostics/formats/viewer.ts'
import { ask } from './ask.ts'
import { startScript } from './running-app.ts'

const script = join(import.meta.dirname, 'watched-app.ts')
const token = 'a-token-for-the-page'
const bearer = { authorization: `Bearer ${token}` }

test('the page’s files are served from memory with an ETag, to anybody; what they show needs the token', async (t) => {
  const { diagnosticsPort: port } = await startScript(t, [script, token])
  for (const [path, type] of [
    ['/', /^text\/html/],
    ['/ui/app.js', /^text\/javascript/],
    ['/ui/uplot.css', /^text\/css/],
    ['/speedscope/', /^text\/html/],
  ] as const) {
    const { status, headers } = await ask(port, path)
    assert.equal(status, 200, path)
    assert.match(String(headers['content-type']), type)
    const etag = String(headers.etag)
    const again = await ask(port, path, { headers: { 'if-none-match': etag } })
    assert.deepEqual([again.status, again.body], [304, ''])
  }
  for (const path of ['/debug/live', '/debug/pprof/?format=json', '/ui'])
    assert.equal((await ask(port, path)).status, 401)
  const spared = await ask(port, '/debug/live', { headers: { 'x-diagnostics-page': '1' } })
  assert.equal(
    spared.headers['www-authenticate'],
    'Bearer realm="diagnostics"',
    'the page asks, not the browser',
  )
})

test('no file but the page’s own is served, however it is asked for', async (t) => {
  const { diagnosticsPort: port } = await startScript(t, [script])
  for (const path of [
    '/ui/../http.ts',
    '/ui/%2e%2e%2fhttp.ts',
    '/ui/..%5chttp.ts',
    '/ui/%2fetc%2fpasswd',
    '/ui/constructor',
    '/ui/',
    '/speedscope/..%2f..%2fpackage.json',
  ])
    assert.equal((await ask(port, path)).status, 404, path)
})

test('only the viewer may write styles as it runs, and nothing is taken from elsewhere', async (t) => {
  const { diagnosticsPort: port } = await startScript(t, [script])
  const policy = async (path: string) => String((await ask(port, path)).headers['content-security-policy'])
  for (const path of ['/', '/ui/app.js', '/debug/live', '/nowhere'])
    assert.doesNotMatch(await policy(path), /unsafe|blob:|https?:|\*/, path)
  assert.match(await policy('/speedscope/'), /style-src 'self' 'unsafe-inline'.*frame-ancestors 'self'/)
  assert.doesNotMatch(await policy('/speedscope/'), /script-src[^;]*unsafe-inline|https?:|\*/)
})

test('the index is there for programs, with parameters and cost', async (t) => {
  const { diagnosticsPort: port } = await startScript(t, [script])
  const { json } = await ask(port, '/debug/pprof/?format=json')
  const captures = json.captures as { name: string; cost: string; params: Record<string, object> }[]
  const profile = captures.find(({ name }) => name === 'profile')
  assert.match(String(profile?.cost), /200 samples a second/)
  assert.deepEqual(Object.keys(profile?.params ?? {}), ['seconds', 'format', 'type', 'worker'])
  assert.equal((await ask(port, '/debug/pprof/?format=xml')).json.code, 'bad_parameter')
})

test('a profile in another form: the same sums; what is none, or unpacks without end, is refused', async (t) => {
  const { url, diagnosticsPort: port } = await startScript(t, [script, token])
  const convert = (body: Uint8Array, query = '') =>
    fetch(`${url}/debug/pprof/convert${query}`, {
      method: 'POST',
      body: new Uint8Array(body),
      headers: bearer,
    })
  const taken = await fetch(`${url}/debug/pprof/profile?seconds=1`, { headers: bearer })
  const profile = new Uint8Array(await taken.arrayBuffer())
  const viewer = (await (await convert(profile)).json()) as ViewerProfile
  assert.deepEqual(viewer.types, ['sample', 'wall', 'cpu'])
  assert.equal(viewer.type, 'cpu')
  const folded = await (await convert(profile, '?format=folded&type=wall')).text()
  const sumOf = (values: number[]) => values.reduce((sum, value) => sum + value, 0)
  const wall = (await (await convert(profile, '?type=wall')).json()) as ViewerProfile
  assert.equal(
    sumOf(wall.stacks.map(({ value }) => value)),
    sumOf(
      folded
        .trimEnd()
        .split('\n')
        .map((line) => Number(line.split(' ').at(-1))),
    ),
  )

  const code = async (response: Response) => [
    response.status,
    ((await response.json()) as { code: string }).code,
  ]
  assert.deepEqual(await code(await convert(new TextEncoder().encode('no profile'))), [400, 'bad_profile'])
  assert.deepEqual(await code(await convert(profile.subarray(0, 100))), [400, 'bad_profile'])
  assert.deepEqual(await code(await convert(profile, '?format=xml')), [400, 'bad_parameter'])
  assert.deepEqual(await code(await convert(gzipSync(new Uint8Array(65 * 1024 * 1024)))), [
    413,
    'profile_too_large',
  ])
  assert.deepEqual(await code(await convert(new Uint8Array(17 * 1024 * 1024))), [413, 'body_too_large'])
  assert.equal((await ask(port, '/debug/pprof/convert', { method: 'POST' })).status, 401)
})

test('the live route refuses what is no time', async (t) => {
  const { diagnosticsPort: port } = await startScript(t, [script])
  for (const since of ['-1', 'NaN', '1e9', ''])
    assert.equal((await ask(port, `/debug/live?since=${since}`)).json.code, 'bad_parameter', since)
})
