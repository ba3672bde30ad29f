/** Every expression of the dashboards and rules, and where it stands. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Dashboard, Panel, RowPanel } from '@grafana/grafana-foundation-sdk/dashboard'
import { parse } from 'yaml'
import { grafanaDir } from '../src/generate.ts'
import { rulesDir } from './prometheus-config.ts'

export interface Expression {
  /** The file it stands in, and its place there: `service.json`, `p99 by route / A`. */
  file: string
  place: string
  /** `variable` are the series that a dashboard's variable takes its values from. */
  kind: 'panel' | 'variable' | 'recording' | 'alert'
  text: string
  /** The panel asks for exemplars. */
  exemplars: boolean
}

export interface Rule {
  record?: string
  alert?: string
  expr: string
  for?: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
}

export function readDashboards(): Map<string, Dashboard> {
  const files = readdirSync(grafanaDir).filter((name) => name.endsWith('.json'))
  return new Map(files.map((name) => [name, JSON.parse(readFileSync(join(grafanaDir, name), 'utf8'))]))
}

export function readRules(): Map<string, Rule[]> {
  const files = readdirSync(rulesDir).filter((name) => name.endsWith('.yml'))
  return new Map(
    files.map((name) => {
      const { groups } = parse(readFileSync(join(rulesDir, name), 'utf8')) as { groups: { rules: Rule[] }[] }
      return [name, groups.flatMap(({ rules }) => rules)]
    }),
  )
}

export function panelsOf({ panels = [] }: Dashboard): Panel[] {
  const isPanel = (panel: Panel | RowPanel): panel is Panel => panel.type !== 'row'
  return panels.flatMap((panel) => (isPanel(panel) ? [panel] : panel.panels))
}

export function readExpressions(): Expression[] {
  return [
    ...[...readDashboards()].flatMap(([file, dashboard]) => [
      ...panelsOf(dashboard).flatMap((panel) => ofPanel(file, panel)),
      ...ofVariables(file, dashboard),
    ]),
    ...[...readRules()].flatMap(([file, rules]) => rules.map((rule) => ofRule(file, rule))),
  ]
}

interface PromTarget {
  expr: string
  refId: string
  exemplar?: boolean
}

function ofPanel(file: string, { title, targets = [] }: Panel): Expression[] {
  return (targets as unknown as PromTarget[]).map((target) => ({
    file,
    place: `${title} / ${target.refId}`,
    kind: 'panel',
    text: target.expr,
    exemplars: target.exemplar === true,
  }))
}

function ofVariables(file: string, { templating }: Dashboard): Expression[] {
  return (templating.list ?? []).flatMap(({ name, definition }) => {
    const series = /^label_values\((.*), \w+\)$/.exec(definition ?? '')?.[1]
    if (series === undefined) return []
    return [{ file, place: `variable ${name}`, kind: 'variable', text: series, exemplars: false }]
  })
}

function ofRule(file: string, { record, alert, expr }: Rule): Expression {
  const kind = record === undefined ? 'alert' : 'recording'
  return { file, place: record ?? alert ?? '', kind, text: expr, exemplars: false }
}
