/** What browsers are told to keep from the pages. That the pages work under it is for the tests of the pages. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startDiagnostics } from '../../src/diagnostics/index.ts'
import { openApi } from '../http/api.ts'

const everywhere: Record<string, string> = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

type Policy = Record<string, string>

function assertGuarded(headers: Headers, path: string): Policy {
  for (const [name, value] of Object.entries(everywhere))
    assert.equal(headers.get(name), value, `${path}: ${name}`)
  assert.match(headers.get('permissions-policy') ?? '', /camera=\(\).*microphone=\(\)/, path)
  const text = headers.get('content-security-policy') ?? ''
  const policy = Object.fromEntries(
    text.split(';').map((part) => {
      const [name = '', ...sources] = part.trim().split(/\s+/)
      return [name, sources.join(' ')]
    }),
  )
  // Nothing from elsewhere, and no text that becomes a script.
  assert.doesNotMatch(text, /https?:|\*|'unsafe-eval'/, path)
  assert.match(policy['default-src'] ?? '', /^'(self|none)'$/, path)
  assert.doesNotMatch(policy['script-src'] ?? '', /unsafe-inline/, path)
  assert.match(policy['base-uri'] ?? '', /^'(self|none)'$/, path)
  return policy
}

test('the page and its files may run only what came with them, in no frame, and make no text a script', async (t) => {
  const address = await openApi(t).listen({ port: 0, host: '127.0.0.1' })
  for (const path of ['/', '/page/app.js', '/page/frame.css', '/page/icon.svg']) {
    const policy = assertGuarded((await fetch(address + path)).headers, path)
    assert.equal(policy['frame-ancestors'], "'none'")
    assert.equal(policy['require-trusted-types-for'], "'script'")
    assert.equal(policy['trusted-types'], "'none'")
    assert.doesNotMatch(Object.values(policy).join(' '), /unsafe/, path)
  }
})

test('the page of the API may write its own styles, and is in no frame either', async (t) => {
  const address = await openApi(t).listen({ port: 0, host: '127.0.0.1' })
  for (const path of ['/docs/', '/docs/static/swagger-ui.css', '/docs/static/swagger-initializer.js']) {
    const policy = assertGuarded((await fetch(address + path)).headers, path)
    assert.equal(policy['frame-ancestors'], "'none'", path)
    assert.equal(policy['object-src'], "'none'", path)
  }
})

test('the diagnostics pages are in no frame but their own, and what is not a page may do nothing', async (t) => {
  const diagnostics = await startDiagnostics({ port: 0 })
  t.after(() => diagnostics.stop())
  const address = `http://127.0.0.1:${diagnostics.port}`
  for (const path of ['/', '/ui/app.js', '/metrics', '/debug/pprof/', '/no-such-page']) {
    const policy = assertGuarded((await fetch(address + path)).headers, path)
    assert.equal(policy['frame-ancestors'], "'none'", path)
    assert.doesNotMatch(Object.values(policy).join(' '), /unsafe/, path)
  }
  const viewer = assertGuarded((await fetch(`${address}/speedscope/`)).headers, '/speedscope/')
  assert.equal(viewer['frame-ancestors'], "'self'")
})
