import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueJustifyMode,
  BigValueTextMode,
  ReduceDataOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import {
  FieldColorBuilder,
  FieldColorModeId,
  MappingType,
  type ValueMap,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/stat'
import { fillIn, type Piece, type Words } from './piece.ts'

export interface StatOptions extends Words {
  /** Which value of the range is shown: the last one, the worst, or the least. */
  shows?: 'last' | 'max' | 'min'
  /** Without the line in the background. */
  plain?: boolean
  /** Words in the place of numbers. */
  means?: Record<string, { text: string; color: string }>
}

const calculations = { last: 'lastNotNull', max: 'max', min: 'min' } as const

/** One number, coloured by its limits. */
export function stat(options: StatOptions): Piece {
  const { shows = 'last', plain = false, means } = options
  const panel = fillIn(new PanelBuilder(), options)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs([calculations[shows]]).fields('').values(false))
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .colorMode(means ? BigValueColorMode.BackgroundSolid : BigValueColorMode.Value)
    .graphMode(plain || means ? BigValueGraphMode.None : BigValueGraphMode.Area)
    .justifyMode(BigValueJustifyMode.Center)
    .textMode(BigValueTextMode.Value)
  if (means) panel.mappings([wordsFor(means)])
  return { width: options.width, panel }
}

function wordsFor(means: Record<string, { text: string; color: string }>): ValueMap {
  const entries = Object.entries(means).map(([value, word], index) => [value, { ...word, index }])
  return { type: MappingType.ValueToText, options: Object.fromEntries(entries) }
}
