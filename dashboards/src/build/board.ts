import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  RowBuilder,
  TimePickerBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { TAG, topLinks } from './links.ts'
import type { Piece } from './piece.ts'
import { commonVariables, type Variable } from './variables.ts'

export interface Row {
  title: string
  lines: Line[]
}

/** Panels beside each other, together at most 24 columns wide and equally high. */
export interface Line {
  height: number
  pieces: Piece[]
}

export interface Board {
  uid: string
  title: string
  description: string
  rows: Row[]
  variables?: Variable[]
  /** The time that is shown at first: `now-15m`. */
  from?: string
  refresh?: string
}

const COLUMNS = 24

export function row(title: string, ...lines: Line[]): Row {
  return { title, lines }
}

export function line(height: number, ...pieces: Piece[]): Line {
  return { height, pieces }
}

/** Numbers the panels in reading order and sets them on the grid, row under row. @throws when a line is too wide */
export function buildBoard(board: Board): Dashboard {
  const built = new DashboardBuilder(board.title)
    .uid(board.uid)
    .description(board.description)
    .tags([TAG])
    .readonly()
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: board.from ?? 'now-30m', to: 'now' })
    .timepicker(new TimePickerBuilder().refreshIntervals(['5s', '10s', '30s', '1m', '5m']))
    .refresh(board.refresh ?? '10s')
    .links(topLinks())
    .variables([...commonVariables(), ...(board.variables ?? [])])
  let id = 0
  let y = 0
  for (const { title, lines } of board.rows) {
    built.withRow(new RowBuilder(title).id(++id).gridPos({ x: 0, y: y++, w: COLUMNS, h: 1 }))
    for (const { height, pieces } of lines) {
      let x = 0
      for (const { width, panel } of pieces) {
        built.withPanel(panel.id(++id).gridPos({ x, y, w: width, h: height }))
        x += width
      }
      if (x > COLUMNS) throw new Error(`${board.title}: a line of "${title}" is ${x} columns wide`)
      y += height
    }
  }
  return built.build()
}
