import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { GridPos } from '@grafana/grafana-foundation-sdk/dashboard'
import { panelsOf, readDashboards } from '../../dashboards/check/expressions.ts'
import { TAG } from '../../dashboards/src/build/links.ts'
import { grafanaDir, renderDashboards } from '../../dashboards/src/generate.ts'

const dashboards = readDashboards()

test('the committed dashboards are those that the sources make, byte by byte (npm run dashboards -- generate)', () => {
  const rendered = renderDashboards()
  assert.deepEqual(readdirSync(grafanaDir).sort(), [...rendered.keys()].sort())
  for (const [name, text] of rendered)
    assert.equal(readFileSync(join(grafanaDir, name), 'utf8'), text, `${name} is stale`)
})

test('every dashboard has an address of its own, the tag by which the others find it, and the common variables', () => {
  const uids = [...dashboards.values()].map(({ uid }) => uid)
  assert.equal(new Set(uids).size, dashboards.size)
  for (const [name, { tags, templating, links = [] }] of dashboards) {
    assert.deepEqual(tags, [TAG], name)
    const variables = (templating.list ?? []).map((variable) => variable.name)
    assert.deepEqual(variables.slice(0, 5), ['datasource', 'tempo', 'job', 'instance', 'diagnostics'], name)
    assert.ok(
      links.some(({ url }) => url === '$diagnostics/ui'),
      `${name} does not lead to the live page`,
    )
    assert.ok(
      links.some(({ asDropdown }) => asDropdown),
      `${name} does not lead to the others`,
    )
  }
})

test('panels neither overlap nor leave the grid, and fill each of its lines', () => {
  for (const [name, { panels = [] }] of dashboards) {
    const taken = new Map<string, string>()
    for (const { title = '', gridPos } of panels) {
      assert.ok(gridPos, `${name}: ${title} has no place`)
      assert.ok(gridPos.x >= 0 && gridPos.x + gridPos.w <= 24, `${name}: ${title} leaves the 24 columns`)
      for (const cell of cellsOf(gridPos)) {
        assert.equal(taken.get(cell), undefined, `${name}: ${title} lies on ${taken.get(cell)}`)
        taken.set(cell, title)
      }
    }
    const lines = Math.max(...panels.map(({ gridPos }) => (gridPos?.y ?? 0) + (gridPos?.h ?? 0)))
    assert.equal(taken.size, lines * 24, `${name} has holes`)
  }
})

test('panels are numbered, and say how they are read, in which unit, and what it means that there is nothing', () => {
  for (const [name, dashboard] of dashboards) {
    const ids = (dashboard.panels ?? []).map(({ id }) => id)
    assert.ok(ids.every((id) => typeof id === 'number'))
    assert.equal(new Set(ids).size, ids.length, name)
    for (const { title, description = '', fieldConfig, targets = [], type, options } of panelsOf(dashboard)) {
      const where = `${name}: ${title}`
      assert.ok(description.length > 60 && /[.?]$/.test(description), `${where} is not described`)
      assert.ok(fieldConfig?.defaults?.unit, `${where} has no unit`)
      assert.ok(fieldConfig.defaults.noValue, `${where} says nothing when there is nothing`)
      assert.ok((fieldConfig.defaults.thresholds?.steps.length ?? 0) > 0, `${where} has no thresholds`)
      assert.ok(targets.length > 0, `${where} asks nothing`)
      const refs = targets.map((target) => (target as unknown as { refId: string }).refId)
      assert.equal(new Set(refs).size, refs.length, where)
      if (type === 'stat') assert.equal(options.reduceOptions.calcs.length, 1, `${where} has no calculation`)
    }
  }
})

test('panels of latency show exemplars and lead to traces, and some lead to the diagnostics port', () => {
  for (const [name, dashboard] of dashboards) {
    const panels = panelsOf(dashboard)
    const traced = panels.filter(({ targets = [] }) => targets.some((target) => 'exemplar' in target))
    for (const { title, fieldConfig } of traced) {
      const [link] = fieldConfig?.defaults?.links ?? []
      const url = decodeURIComponent((link as { url?: string } | undefined)?.url ?? '')
      assert.match(
        url,
        /^\/explore\?.*"datasource":"\$\{tempo\}".*"range":\{"from":"\$\{__from\}"/,
        `${name}: ${title}`,
      )
    }
  }
  const service = dashboards.get('service.json')
  assert.ok(service)
  const byTrace = panelsOf(service).filter(({ fieldConfig }) =>
    fieldConfig?.overrides?.some(({ matcher }) => matcher.options === 'trace_id'),
  )
  assert.ok(byTrace.length > 0)
  const diagnosed = panelsOf(service).filter(({ links }) =>
    links?.some(({ url }) => url?.startsWith('$diagnostics/')),
  )
  assert.ok(diagnosed.length > 0)
})

function cellsOf({ x, y, w, h }: GridPos): string[] {
  return Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`)
}
