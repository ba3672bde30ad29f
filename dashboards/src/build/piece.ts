import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog'
import type {
  DashboardLinkBuilder,
  GridPos,
  Panel,
  ThresholdsConfig,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { buildQuery, type Query } from './query.ts'
import { type Limits, thresholdsOf } from './thresholds.ts'
import { prometheus } from './variables.ts'

/** The part of the SDK's panel builders that all of them share; each is a class of its own there. */
export interface PanelBuilder extends Builder<Panel> {
  id(id: number): this
  title(title: string): this
  description(description: string): this
  datasource(ref: typeof prometheus): this
  gridPos(position: GridPos): this
  targets(queries: Builder<Dataquery>[]): this
  unit(unit: string): this
  decimals(decimals: number): this
  noValue(text: string): this
  thresholds(thresholds: Builder<ThresholdsConfig>): this
  links(links: DashboardLinkBuilder[]): this
}

/** A panel that knows how wide it is, of 24 columns, and not yet where it stands. */
export interface Piece {
  width: number
  panel: PanelBuilder
}

/** What every panel says, whatever it draws. */
export interface Words {
  title: string
  /** How to read it: what is good, what is not, and what to look at then. */
  description: string
  width: number
  unit: string
  queries: Query[]
  limits?: Limits
  decimals?: number
  /** Shown where there is no data: why that may be so. */
  noValue?: string
  links?: DashboardLinkBuilder[]
}

export function fillIn<Drawn extends PanelBuilder>(panel: Drawn, words: Words): Drawn {
  panel
    .title(words.title)
    .description(words.description)
    .datasource(prometheus)
    .targets(words.queries.map(buildQuery))
    .unit(words.unit)
    .noValue(words.noValue ?? 'no data')
    .thresholds(thresholdsOf(words.limits ?? {}))
  if (words.decimals !== undefined) panel.decimals(words.decimals)
  if (words.links) panel.links(words.links)
  return panel
}
