import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { startScript } from './running-app.ts'

const script = join(import.meta.dirname, 'heap-app.ts')
const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl'

test('a report has stacks and heap, names of the environment and no value of it, and no secret of the command line', async (t) => {
  const env = {
    ...process.env,
    API_TOKEN: 'hidden-1',
    DATABASE_URL: 'postgres://floodgate:hidden-2@db/sales',
    LOOKS_LIKE_NONE: 'hidden-6',
  }
  const args = [script, '--token=hidden-3', '--api-key', 'hidden-4', 'redis://:hidden-5@host', JWT]
  const app = await startScript(t, args, env)
  const response = await fetch(`${app.url}/debug/report`)
  assert.equal(response.status, 200)
  const text = await response.text()
  assert.doesNotMatch(text, /hidden-\d|eyJhbGci/)
  const { workers } = JSON.parse(text) as {
    workers: Record<string, { header: object; javascriptHeap: object; environmentVariables: string[] }>
  }
  const own = workers['0']
  assert.ok(own?.header && own.javascriptHeap)
  assert.ok(own.environmentVariables.includes('API_TOKEN'))
})

test('collections are counted by kind from the first question on', async (t) => {
  const app = await startScript(t, [script])
  await fetch(`${app.url}/debug/gc`)
  await fetch(`${app.appUrl}/waste?mib=64`)
  const { workers } = (await (await fetch(`${app.url}/debug/gc`)).json()) as {
    workers: Record<string, { since: string; lastMinute: { minor: { count: number; totalMs: number } } }>
  }
  const minor = workers['0']?.lastMinute.minor
  assert.ok(minor && minor.count > 0 && minor.totalMs > 0)
})
