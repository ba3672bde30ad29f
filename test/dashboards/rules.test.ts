import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type TestContext, test } from 'node:test'
import { parse } from 'yaml'
import { readRules } from '../../dashboards/check/expressions.ts'
import { checkConfig } from '../../dashboards/check/prometheus-config.ts'
import { findPromtool } from '../../src/devstack/find-program.ts'
import { installPackages } from '../../src/devstack/install.ts'

const dir = resolve(import.meta.dirname, '../../dashboards/prometheus')
const alerts = [...readRules()].flatMap(([file, rules]) =>
  rules.flatMap((rule) => (rule.alert === undefined ? [] : [{ ...rule, alert: rule.alert, file }])),
)
const runbooks = readFileSync(resolve(import.meta.dirname, '../../docs/operations/runbooks.md'), 'utf8')
const sections = new Map(
  runbooks
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')).trim(), section]),
)

test('an alert says how urgent it is, what happened, and where its runbook is', () => {
  assert.ok(alerts.length >= 25)
  for (const { alert, labels, annotations = {} } of alerts) {
    assert.match(labels?.['severity'] ?? '', /^(page|ticket)$/, alert)
    assert.ok(annotations['summary'] && annotations['description'], `${alert} does not say what happened`)
    assert.equal(annotations['runbook_url'], `docs/operations/runbooks.md#${alert.toLowerCase()}`)
  }
})

test('every alert has a runbook, with its meaning, a first look, causes and what to do; no runbook is left over', () => {
  assert.deepEqual([...sections.keys()].sort(), alerts.map(({ alert }) => alert).sort())
  for (const [alert, section] of sections)
    for (const part of ['**Means**', '**Look first**', '**Likely**', '**Do**'])
      assert.ok(section.includes(part), `${alert} has no ${part}`)
})

test('every alert has a case in which it fires and one in which it does not', () => {
  for (const { alert, file } of alerts) {
    const { tests } = parse(readFileSync(join(dir, 'tests', file), 'utf8')) as { tests: RuleTest[] }
    const looks = tests
      .flatMap(({ alert_rule_test }) => alert_rule_test)
      .filter(({ alertname }) => alertname === alert)
    assert.ok(
      looks.some(({ exp_alerts }) => exp_alerts.length > 0),
      `${alert} never fires in ${file}`,
    )
    assert.ok(
      looks.some(({ exp_alerts }) => exp_alerts.length === 0),
      `${alert} always fires in ${file}`,
    )
  }
})

test('promtool accepts rules and configurations, and the cases of the rules hold', async (t) => {
  const promtool = await promtoolOf(t)
  if (promtool === undefined) return t.skip('promtool was not found (apt-get install prometheus)')
  const run = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(promtool, args, {
      encoding: 'utf8',
      cwd: dir,
      timeout: 120_000,
    })
    assert.equal(status, 0, `promtool ${args.join(' ')}\n${stdout}${stderr}`)
  }
  run('check', 'rules', ...globSync('rules/*.yml', { cwd: dir }))
  // The token's file is there only in the container.
  run('check', 'config', '--syntax-only', 'prometheus.yml')
  const folder = mkdtempSync(join(tmpdir(), 'floodgate-promtool-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'prometheus.yml'), checkConfig(folder))
  run('check', 'config', join(folder, 'prometheus.yml'))
  run('test', 'rules', ...globSync('tests/*.yml', { cwd: dir }))
})

interface RuleTest {
  alert_rule_test: { alertname: string; exp_alerts: unknown[] }[]
}

/** With CI=true it is installed; a machine that cannot have it fails there. */
async function promtoolOf(t: TestContext): Promise<string | undefined> {
  const found = await findPromtool(process.env)
  if (found.kind === 'found') return found.path
  if (process.env['CI'] !== 'true') return undefined
  const dataDir = mkdtempSync(join(tmpdir(), 'floodgate-apt-'))
  t.after(() => rmSync(dataDir, { recursive: true, force: true }))
  const report = (line: string) => t.diagnostic(line)
  const { packages, why } = found
  const outcome = await installPackages({ packages, why, assumeYes: true, dataDir, env: process.env, report })
  if (outcome.kind === 'not_installed') assert.fail(outcome.why)
  const installed = await findPromtool(process.env)
  return installed.kind === 'found' ? installed.path : assert.fail(installed.why)
}
