import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startApp, until } from './running-app.ts'

test('while the main thread is blocked /metrics gives the last snapshot and says how old it is', async (t) => {
  const app = await startApp(t, 'single')
  const scrape = async () => {
    const response = await fetch(`${app.url}/metrics`)
    const page = await response.text()
    return { page, ageSeconds: Number(response.headers.get('x-snapshot-age-seconds')) }
  }
  assert.equal((await scrape()).ageSeconds, 0)
  await (await fetch(`${app.appUrl}/?blockMs=3000`)).text()
  let page = ''
  await until(async () => {
    const seen = await scrape()
    page = seen.page
    return seen.ageSeconds > 0.5
  })
  assert.match(page, /^app_turns_total 10$/m)
  assert.ok(Number(/^diagnostics_snapshot_age_seconds (.*)$/m.exec(page)?.[1]) > 0)
  await until(async () => (await scrape()).ageSeconds === 0)
})

test('a process that blocks before it was ever scraped has a snapshot all the same, and is not called healthy', async (t) => {
  const app = await startApp(t, 'single')
  await (await fetch(`${app.appUrl}/?blockMs=4000`)).text()
  await until(async () => (await fetch(`${app.url}/health`)).status === 503)
  const response = await fetch(`${app.url}/metrics`)
  assert.ok(Number(response.headers.get('x-snapshot-age-seconds')) > 0)
  assert.match(await response.text(), /^app_turns_total 10$/m)
  await until(async () => (await fetch(`${app.url}/health`)).status === 200)
})
