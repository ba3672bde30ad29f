import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { readExpressions, readRules } from '../../dashboards/check/expressions.ts'
import { fillIn } from '../../dashboards/check/fill-in.ts'
import { metricsOf } from '../../dashboards/check/promql.ts'
import { makeMetrics } from '../../src/telemetry/metrics.ts'

const registered = await makeMetrics().registry.getMetricsAsJSON()
const names = new Set<string>(
  registered.flatMap(({ name, type }) =>
    String(type) === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  ),
)
const recorded = new Set([...readRules().values()].flat().flatMap(({ record }) => record ?? []))
const ofDiagnostics = globSync('src/diagnostics/**/*.ts')
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n')
const choice = { job: 'floodgate', target: 10_000, rangeSeconds: 60 }

test('every series that a panel, a variable, a rule or an alert names is one that somebody writes', () => {
  const expressions = readExpressions()
  assert.ok(expressions.length > 200)
  const unknown = expressions.flatMap(({ file, place, text }) =>
    metricsOf(fillIn(text, choice))
      .filter((name) => !isKnown(name))
      .map((name) => `${file}: ${place}: ${name}`),
  )
  assert.deepEqual(unknown, [])
})

test('every series of the service is on a dashboard or in a rule', () => {
  const named = new Set(readExpressions().flatMap(({ text }) => metricsOf(fillIn(text, choice))))
  const unseen = registered
    .map(({ name }) => name)
    .filter((name) => !['', '_bucket', '_sum', '_count'].some((ending) => named.has(name + ending)))
  assert.deepEqual(unseen, [])
})

/** k6 writes its own, the diagnostics library has its own; `up` is Prometheus's. */
function isKnown(name: string): boolean {
  return (
    names.has(name) || recorded.has(name) || ofDiagnostics.includes(`'${name}'`) || /^k6_|^up$/.test(name)
  )
}
