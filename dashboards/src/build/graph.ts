import {
  AxisPlacement,
  GraphDrawStyle,
  GraphGradientMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  LineInterpolation,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import { FieldColorBuilder, FieldColorModeId } from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries'
import { exemplarLink, slowTracesLink } from './links.ts'
import { fillIn, type Piece, type Words } from './piece.ts'
import { hasExemplars } from './query.ts'

export interface GraphOptions extends Words {
  stacked?: boolean
  max?: number
  /** Of latency: its points lead to the slow traces of their time, and where there are exemplars, these to their own. */
  traces?: { slowerThan: string }
  /** Where there are many series. */
  legend?: 'bottom' | 'right'
  /** Series of another unit, on the right: their names and the unit. */
  right?: { names: string; unit: string }
}

/** Lines over time. Limits are drawn as dashed lines at the values at which they turn. */
export function graph(options: GraphOptions): Piece {
  const { limits, traces, stacked, right } = options
  const queries = options.queries.map((query) => ({ ...query, exemplars: hasExemplars(query) }))
  const panel = fillIn(new PanelBuilder(), { ...options, queries })
    .drawStyle(GraphDrawStyle.Line)
    .lineInterpolation(LineInterpolation.Linear)
    .lineWidth(stacked ? 1 : 2)
    .fillOpacity(stacked ? 35 : 8)
    .gradientMode(GraphGradientMode.Opacity)
    .showPoints(VisibilityMode.Never)
    .spanNulls(60_000)
    .axisSoftMin(0)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassicByName))
    .thresholdsStyle(
      new GraphThresholdsStyleConfigBuilder().mode(
        limits ? GraphThresholdsStyleMode.Dashed : GraphThresholdsStyleMode.Off,
      ),
    )
    .legend(legendOf(options))
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
  if (stacked) panel.stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'))
  if (options.max !== undefined) panel.max(options.max)
  if (traces)
    panel.dataLinks([slowTracesLink(traces.slowerThan)]).overrideByName('trace_id', [exemplarLink()])
  if (right)
    panel.overrideByRegexp(right.names, [
      { id: 'unit', value: right.unit },
      { id: 'custom.axisPlacement', value: AxisPlacement.Right },
    ])
  return { width: options.width, panel }
}

function legendOf({ legend = 'bottom', queries }: GraphOptions): VizLegendOptionsBuilder {
  const built = new VizLegendOptionsBuilder().showLegend(true)
  if (legend === 'right')
    return built
      .displayMode(LegendDisplayMode.Table)
      .placement(LegendPlacement.Right)
      .calcs(['lastNotNull', 'max'])
      .sortBy('Max')
      .sortDesc(true)
  return built
    .displayMode(LegendDisplayMode.List)
    .placement(LegendPlacement.Bottom)
    .calcs(queries.length > 4 ? [] : ['lastNotNull'])
}
