import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openApi } from './api.ts'

interface Operation {
  security?: object[]
  requestBody?: { content: { 'application/json': { schema: { required: string[] } } } }
  responses: Record<string, object>
}

test('the document is OpenAPI 3.1 and made from the schemas that requests are checked with', async (t) => {
  const document = (await openApi(t).inject('/openapi.json')).json()
  assert.match(document.openapi, /^3\.1\./)
  const reserve = document.paths['/api/v1/bookings/reserve'].post as Operation
  const { required } = reserve.requestBody?.content['application/json'].schema ?? {}
  assert.deepEqual(required, ['event_id', 'zone_id', 'quantity'])
  assert.deepEqual(reserve.security, [{ bearer: [] }])
  assert.deepEqual(Object.keys(reserve.responses), ['201', '4XX', '5XX'])
})

test('every operation has a summary', async (t) => {
  const { paths } = (await openApi(t).inject('/openapi.json')).json()
  for (const [path, operations] of Object.entries<Record<string, { summary?: string }>>(paths)) {
    for (const [method, { summary }] of Object.entries(operations)) assert.ok(summary, `${method} ${path}`)
  }
})

test('the page at /docs loads nothing from elsewhere', async (t) => {
  const api = openApi(t)
  const page = await api.inject('/docs/')
  assert.equal(page.statusCode, 200)
  assert.doesNotMatch(page.body, /(src|href)="(https?:)?\/\//)
  assert.doesNotMatch(String(page.headers['content-security-policy']), /https?:|upgrade-insecure/)
  const scripts = [...page.body.matchAll(/src="([^"]+)"/g)].map(
    ([, src]) => new URL(src ?? '', 'http://x/docs/'),
  )
  assert.ok(scripts.length > 0)
  for (const { pathname } of scripts) assert.equal((await api.inject(pathname)).statusCode, 200, pathname)
})
