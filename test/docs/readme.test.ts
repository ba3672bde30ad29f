import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { metricsTable } from '../../src/commands/metrics.ts'
import { settingsTable } from '../../src/commands/settings.ts'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

test("the README's table of settings is the one that config.ts makes (npm run -s settings prints it)", () => {
  assert.ok(readme.includes(settingsTable()))
})

test('the table of docs/metrics.md is the one that the registry makes (npm run -s metrics prints it)', async () => {
  const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8')
  assert.ok(page.includes(await metricsTable()))
})
