/** Which charts there are, and their values now: those that every Node process has, the application's, and what is found by its name. */
import { limits } from '../../limits.ts'
import type { MetricFamily } from '../../metrics/family.ts'
import type { LiveChart } from '../../options.ts'
import { bucketsOf, quantileOf } from './quantile.ts'

export interface Chart {
  id: string
  group: string
  title: string
  /** s, B, ratio, /s, or nothing for a plain number. */
  unit: string
  series: { key: string; label: string }[]
  /** Series that there was no room for. */
  more: number
}

export type Values = Record<string, number | null>

/** In the order in which they are tried. */
const groups: readonly (readonly [group: string, names: RegExp])[] = [
  ['Node.js', /^(nodejs|process)_/],
  ['Pools', /pool|in_flight|inflight|connections/],
  ['Pipeline', /backlog|(^|_)lag(_|$)|outbox|wal_|pipeline|consumer/],
  ['Queues', /queue|waiting/],
]

interface Found {
  rates: readonly MetricFamily[]
  /** As they are, gauges above all. */
  families: readonly MetricFamily[]
  /** The application's cheap numbers, added up over processes. */
  gauges: ReadonlyMap<string, number>
}

export function familyCharts(
  asked: readonly LiveChart[],
  { rates, families, gauges }: Found,
): { charts: Chart[]; values: Values } {
  const values: Values = {}
  const byName = new Map(families.map((family) => [family.name, family]))
  const rateOf = new Map(rates.map((family) => [family.name, family]))
  const charts: Chart[] = []

  const seriesOf = (name: string, several: boolean): Chart['series'] => {
    const gauge = gauges.get(name)
    if (gauge !== undefined) {
      values[`g:${name}`] = gauge
      return [{ key: `g:${name}`, label: name }]
    }
    const family = byName.get(name)
    if (!family) return []
    if (family.type === 'histogram') return quantiles(rateOf.get(name) ?? family, values)
    const samples = (family.type === 'counter' ? (rateOf.get(name)?.samples ?? []) : family.samples)
      .filter(({ suffix }) => suffix === '')
      .map(({ labels, value }) => ({ text: labelText(labels), value }))
      .sort((one, other) => one.text.localeCompare(other.text))
    return samples.map(({ text, value }) => {
      const key = `f:${name}{${text}}`
      values[key] = Number.isFinite(value) ? value : null
      const label = several ? [name, text].filter(Boolean).join(' ') : text || name
      return { key, label }
    })
  }
  const add = (group: string, title: string, names: readonly string[], unit: string | undefined): void => {
    const series = names.flatMap((name) => seriesOf(name, names.length > 1))
    if (series.length === 0 || charts.length >= limits.liveChartsMax) return
    charts.push({
      id: `${group}/${title}`,
      group,
      title,
      unit: unit ?? unitOf(names[0] ?? '', byName.get(names[0] ?? '')),
      series: series.slice(0, limits.liveSeriesMax),
      more: Math.max(0, series.length - limits.liveSeriesMax),
    })
  }

  for (const { title, families: names, unit } of asked) add('Application', title, names, unit)
  const taken = new Set(asked.flatMap((chart) => chart.families))
  for (const name of [...gauges.keys(), ...byName.keys()]) {
    const group = groups.find(([, names]) => names.test(name))?.[0]
    if (group && !taken.has(name) && !constant.test(name)) add(group, titleOf(name), [name], undefined)
    else if (gauges.has(name) && !taken.has(name)) add('Application', titleOf(name), [name], undefined)
  }
  const order = ['Application', 'Pools', 'Queues', 'Pipeline', 'Node.js']
  charts.sort((one, other) => order.indexOf(one.group) - order.indexOf(other.group))
  return { charts, values }
}

/** What never moves is no chart. */
const constant = /_info$|start_time|_max$|max_fds|_limit(_bytes)?$/

function quantiles(family: MetricFamily, values: Values): Chart['series'] {
  const buckets = bucketsOf(family.samples.filter(({ suffix }) => suffix === '_bucket'))
  return ([0.5, 0.99] as const).map((quantile) => {
    const key = `q:${family.name}:${quantile}`
    values[key] = quantileOf(buckets, quantile)
    return { key, label: `p${quantile * 100}` }
  })
}

function unitOf(name: string, family: MetricFamily | undefined): string {
  if (family?.type === 'counter') return '/s'
  if (/_seconds(_|$)/.test(name)) return 's'
  if (/_bytes(_|$)/.test(name)) return 'B'
  return /_(ratio|utilization)$/.test(name) ? 'ratio' : ''
}

function titleOf(name: string): string {
  return name
    .replace(/_total$/, '')
    .replace(/_(seconds|bytes|ratio)$/, '')
    .replaceAll('_', ' ')
}

function labelText(labels: Record<string, string>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ')
    .slice(0, limits.labelMaxCharacters)
}
