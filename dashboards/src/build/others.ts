/** The rarer ways of drawing. */
import { PanelBuilder as BarGaugeBuilder } from '@grafana/grafana-foundation-sdk/bargauge'
import {
  BarGaugeDisplayMode,
  BarGaugeNamePlacement,
  BarGaugeValueMode,
  ReduceDataOptionsBuilder,
  VisibilityMode,
  VizOrientation,
} from '@grafana/grafana-foundation-sdk/common'
import {
  type DataTransformerConfig,
  type DynamicConfigValue,
  FieldColorBuilder,
  FieldColorModeId,
} from '@grafana/grafana-foundation-sdk/dashboard'
import {
  PanelBuilder as HeatmapBuilder,
  HeatmapColorMode,
  HeatmapColorOptionsBuilder,
  HeatmapColorScale,
  YAxisConfigBuilder,
} from '@grafana/grafana-foundation-sdk/heatmap'
import { PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table'
import { slowTracesLink } from './links.ts'
import { fillIn, type Piece, type Words } from './piece.ts'
import { hasExemplars } from './query.ts'

/** Bars beside each other, one a series, at their last value. */
export function bars(options: Words & { max?: number }): Piece {
  const panel = fillIn(new BarGaugeBuilder(), options)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).fields('').values(false))
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.ContinuousBlPu))
    .displayMode(BarGaugeDisplayMode.Gradient)
    .valueMode(BarGaugeValueMode.Text)
    .namePlacement(BarGaugeNamePlacement.Left)
    .orientation(VizOrientation.Horizontal)
    .showUnfilled(true)
    .min(0)
  if (options.max !== undefined) panel.max(options.max)
  return { width: options.width, panel }
}

/** Where the requests of a histogram fell, over time; the darker the more of them. */
export function heatmap(options: Words & { slowerThan: string }): Piece {
  const queries = options.queries.map((query) => ({
    ...query,
    format: PromQueryFormat.Heatmap,
    exemplars: hasExemplars(query),
  }))
  const panel = fillIn(new HeatmapBuilder(), { ...options, queries })
    .calculate(false)
    .color(
      new HeatmapColorOptionsBuilder()
        .mode(HeatmapColorMode.Scheme)
        .scheme('Blues')
        .scale(HeatmapColorScale.Exponential)
        .exponent(0.5)
        .steps(64),
    )
    .yAxis(new YAxisConfigBuilder().unit(options.unit))
    .showValue(VisibilityMode.Never)
    .cellGap(1)
    .showLegend()
    .dataLinks([slowTracesLink(options.slowerThan)])
  return { width: options.width, panel }
}

/** One row for each set of labels, a column for each query, at its last value. */
export function table(options: Words & { columns: Column[]; joinBy: string; hide?: string[] }): Piece {
  const { columns, joinBy, hide = [] } = options
  const queries = options.queries.map((query) => ({
    ...query,
    format: PromQueryFormat.Table,
    instant: true,
  }))
  const panel = fillIn(new TableBuilder(), { ...options, queries })
    .transformations([
      { id: 'joinByField', options: { byField: joinBy, mode: 'outer' } },
      organize(columns, hide, queries.length),
    ])
    .filterable(true)
    .showHeader(true)
  for (const { title, unit, overrides = [] } of columns)
    panel.overrideByName(title, [...(unit === undefined ? [] : [{ id: 'unit', value: unit }]), ...overrides])
  return { width: options.width, panel }
}

export interface Column {
  /** The field's name after the join: a label, or `Value #A`. */
  field: string
  title: string
  unit?: string
  overrides?: DynamicConfigValue[]
}

/** A join leaves a time for each query: `Time 1`, `Time 2`, … */
function organize(
  columns: readonly Column[],
  hide: readonly string[],
  queries: number,
): DataTransformerConfig {
  const times = ['Time', ...Array.from({ length: queries }, (_, at) => `Time ${at + 1}`)]
  return {
    id: 'organize',
    options: {
      excludeByName: Object.fromEntries([...times, ...hide].map((name) => [name, true])),
      renameByName: Object.fromEntries(columns.map(({ field, title }) => [field, title])),
      indexByName: Object.fromEntries(columns.map(({ field }, at) => [field, at])),
    },
  }
}
