import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { parseConfig } from '../../src/config.ts'
import { asUser, openApi, post, tokenOf } from '../http/api.ts'

const folder = resolve(import.meta.dirname, '../../src/http/page')
const paths = readdirSync(folder).map((name) => (name === 'index.html' ? '/' : `/page/${name}`))

test('every file of the page has its type, a tag, and a policy that lets in nothing from elsewhere', async (t) => {
  const api = openApi(t)
  for (const url of paths) {
    const { statusCode, headers } = await api.inject(url)
    assert.equal(statusCode, 200, url)
    assert.match(
      headers['content-type'] as string,
      /^(text\/(html|css|javascript); charset=utf-8|image\/svg\+xml)/,
    )
    assert.match(headers['content-security-policy'] as string, /^default-src 'self';/)
    assert.doesNotMatch(headers['content-security-policy'] as string, /unsafe|https?:|\*/)
    assert.equal(headers['x-content-type-options'], 'nosniff')
    const again = await api.inject({ url, headers: { 'if-none-match': headers.etag as string } })
    assert.deepEqual([again.statusCode, again.body], [304, ''])
  }
})

test('what the page and its modules name is served, and names nothing from elsewhere', async (t) => {
  const api = openApi(t)
  for (const url of paths) {
    const { body } = await api.inject(url)
    const named = [...body.matchAll(/(?:from|src=|href=)\s*['"]([^'"#]+)['"]/g)].map(([, to = '']) => to)
    for (const to of named) {
      const target = new URL(to, `http://here${url}`)
      assert.equal(target.host, 'here', `${url} names ${to}`)
      const { statusCode } = await api.inject(target.pathname)
      assert.ok(statusCode < 400, `${url} names ${to}, which answers ${statusCode}`)
    }
  }
})

test('the markup holds no script and no style, so none could be slipped in', async (t) => {
  const { body } = await openApi(t).inject('/')
  assert.doesNotMatch(body, /<style|style=|\son\w+=|<script(?![^>]*src=)/)
})

test('nobody gets a token for the asking unless the service was told to', async (t) => {
  const api = openApi(t)
  assert.match((await api.inject('/')).body, /data-demo-tokens="off"/)
  assert.equal((await post(api, '/demo/token', { role: 'admin' })).statusCode, 404)
})

test('with demo tokens a visitor becomes a guest or an admin, with a token that the service takes', async (t) => {
  const api = openApi(t, { demoTokens: (user, role) => tokenOf(user, role) })
  assert.match((await api.inject('/')).body, /data-demo-tokens="on"/)

  const guest = await post(api, '/demo/token', { role: 'customer' })
  assert.equal(guest.statusCode, 201)
  assert.equal(guest.headers['cache-control'], 'no-store')
  const { token, user } = guest.json() as { token: string; user: string }
  assert.match(user, /^guest-[0-9a-f]{6}$/)
  const own = await api.inject({ url: '/api/v1/bookings', headers: { authorization: `Bearer ${token}` } })
  assert.equal(own.statusCode, 200)

  const admin = (await post(api, '/demo/token', { role: 'admin', user: 'ann' })).json() as { token: string }
  const headers = { authorization: `Bearer ${admin.token}` }
  assert.equal((await api.inject({ url: '/api/v1/admin/inventory-status', headers })).statusCode, 200)
  assert.equal((await post(api, '/demo/token', { role: 'root' }, asUser('x'))).statusCode, 400)
})

test('demo tokens stop the start in production, and wherever the secret is one that must not be given away', () => {
  const secret = 'a secret of thirty-two characters'
  assert.throws(
    () => parseConfig({ NODE_ENV: 'production', DEMO_TOKENS: 'true', JWT_SECRET: secret }),
    /DEMO_TOKENS makes everybody an admin: it must be off in production/,
  )
  assert.throws(() => parseConfig({ DEMO_TOKENS: 'true', JWT_SECRET: secret }), /default JWT_SECRET only/)
  assert.equal(parseConfig({ DEMO_TOKENS: 'true' }).DEMO_TOKENS, true)
  assert.equal(parseConfig({}).DEMO_TOKENS, false)
})
