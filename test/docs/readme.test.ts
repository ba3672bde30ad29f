import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { metricsTable } from '../../src/commands/metrics.ts'
import { settingsTable } from '../../src/commands/settings.ts'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
const { scripts } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))

test("the README's table of settings is the one that config.ts makes (npm run -s settings prints it)", () => {
  assert.ok(readme.includes(settingsTable()))
})

test('the table of docs/metrics.md is the one that the registry makes (npm run -s metrics prints it)', async () => {
  const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8')
  assert.ok(page.includes(await metricsTable()))
})

test('every npm command that the README names exists', () => {
  const named = [...readme.matchAll(/\bnpm (?:run )?(?:-s )?([a-z]+)/g)].map(([, name]) => name as string)
  assert.ok(named.length > 5)
  for (const name of named)
    if (!['run', 'ci', 'install'].includes(name)) assert.ok(scripts[name], `npm run ${name}`)
})

test('every file that the README links to exists', () => {
  for (const [, path] of readme.matchAll(/\]\((?!http)([^)#]+)\)/g)) {
    assert.ok(existsSync(new URL(`../../${path}`, import.meta.url)), path)
  }
})
