import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { boards } from './all.ts'
import { buildBoard } from './build/board.ts'

export const grafanaDir = resolve(import.meta.dirname, '../grafana')

/** Every dashboard as Grafana reads it, by its file's name. The same sources always give the same bytes. */
export function renderDashboards(): Map<string, string> {
  const rendered = Object.entries(boards).map(([name, board]) => {
    const text = `${JSON.stringify(buildBoard(board), null, 2)}\n`
    return [`${name}.json`, text] as const
  })
  return new Map(rendered)
}

/** Writes dashboards/grafana/ anew; what is not generated any more is removed. @returns the names written */
export function generate(dir = grafanaDir): string[] {
  const rendered = renderDashboards()
  mkdirSync(dir, { recursive: true })
  for (const name of readdirSync(dir)) if (!rendered.has(name)) rmSync(join(dir, name))
  for (const [name, text] of rendered) writeFileSync(join(dir, name), text)
  return [...rendered.keys()]
}
