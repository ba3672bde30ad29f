/** Diagnostics port: route × method × token. Every route there is has its scope here, and opens to it and to those above it alone. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startDiagnostics } from '../../src/diagnostics/index.ts'
import { makeRoutes } from '../../src/diagnostics/server/routes.ts'
import { ask } from '../diagnostics/ask.ts'

const scopes = ['metrics', 'profile', 'heap'] as const
type Scope = (typeof scopes)[number]

/** A higher scope than needed is no defect of safety, a lower one is: whoever changes one changes it here, too. */
const matrix: Record<string, Scope | 'open'> = {
  'GET /': 'open',
  'GET /ui': 'metrics',
  'GET /ui/*': 'open',
  'GET /speedscope/*': 'open',
  'GET /health': 'open',
  'GET /debug/live': 'metrics',
  'GET /metrics': 'metrics',
  'GET /debug/pprof/': 'metrics',
  'GET /debug/pprof': 'metrics',
  'GET /debug/pprof/cmdline': 'profile',
  'GET /debug/pprof/symbol': 'profile',
  'POST /debug/pprof/symbol': 'profile',
  'POST /debug/pprof/convert': 'profile',
  'GET /debug/vars': 'profile',
  'GET /debug/loglevel': 'metrics',
  'PUT /debug/loglevel': 'profile',
  'POST /debug/loglevel': 'profile',
  'GET /debug/artifacts': 'profile',
  'GET /debug/artifacts/*': 'profile',
  'DELETE /debug/artifacts/*': 'heap',
  'GET /debug/rules': 'profile',
  'GET /debug/pprof/profile': 'profile',
  'GET /debug/pprof/heap': 'heap',
  'GET /debug/pprof/allocs': 'heap',
  'GET /debug/pprof/goroutine': 'profile',
  'GET /debug/pprof/block': 'profile',
  'GET /debug/pprof/mutex': 'profile',
  'GET /debug/pprof/trace': 'profile',
  'GET /debug/stacks': 'profile',
  'POST /debug/heapsnapshot': 'heap',
  'GET /debug/report': 'profile',
  'GET /debug/gc': 'profile',
  'GET /debug/resources': 'profile',
  'GET /debug/flight': 'profile',
}

const tokenOf = (scope: Scope) => `token-of-the-scope-${scope}`
const callers: Record<string, string | undefined> = {
  nobody: undefined,
  stranger: 'a-token-that-nobody-gave-out',
  ...Object.fromEntries(scopes.map((scope) => [scope, tokenOf(scope)])),
}

test('every route of the diagnostics port opens to its scope, and to nobody below it', async (t) => {
  const artifactsDir = mkdtempSync(join(tmpdir(), 'floodgate-scopes-'))
  const diagnostics = await startDiagnostics({
    port: 0,
    artifactsDir,
    token: Object.fromEntries(scopes.map((scope) => [scope, tokenOf(scope)])),
    logLevel: { get: () => 'info', set: () => {} },
  })
  t.after(async () => {
    await diagnostics.stop()
    rmSync(artifactsDir, { recursive: true, force: true })
  })
  const registered = makeRoutes({} as never).flatMap(({ path, methods }) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  )
  assert.deepEqual(registered.sort(), Object.keys(matrix).sort())

  for (const [route, needs] of Object.entries(matrix)) {
    const [method = '', path = ''] = route.split(' ')
    // A parameter that no capture has: whoever gets in is told so, and nothing is captured.
    const asked = `${path.replace('*', 'no-such-thing')}?no_such_parameter=1`
    for (const [caller, token] of Object.entries(callers)) {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
      const { status } = await ask(diagnostics.port, asked, { method, headers })
      const has = scopes.indexOf(caller as Scope)
      const known = has >= 0
      const opens = needs === 'open' || (known && has >= scopes.indexOf(needs))
      const seen = status === 401 ? 'unknown' : status === 403 ? 'forbidden' : 'opened'
      assert.equal(seen, opens ? 'opened' : known ? 'forbidden' : 'unknown', `${caller}: ${route}`)
      assert.ok(status < 500, `${caller}: ${route} is answered ${status}`)
    }
  }
})
