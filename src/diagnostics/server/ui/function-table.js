import { h, table } from './dom.js'
import { functionsOf } from './functions.js'
import { inWords, percent, shortFile } from './units.js'

const ROWS = 50

/** The functions of a profile, most own time first. */
export function functionTable(profile, { route }) {
  const { functions, sum } = functionsOf(profile, { route })
  const rows = functions
    .slice(0, ROWS)
    .map((one) =>
      h(
        'tr',
        {},
        h('td', { class: 'number' }, inWords(one.self, profile.unit)),
        h('td', { class: 'number' }, percent(one.self / (sum || 1))),
        h('td', { class: 'number' }, inWords(one.total, profile.unit)),
        h('td', { class: 'number' }, percent(one.total / (sum || 1))),
        h('td', { class: 'name' }, one.name),
        h('td', { class: 'name file', title: one.file }, one.file && `${shortFile(one.file)}:${one.line}`),
      ),
    )
  const columns = ['Own', 'Own share', 'With calls', 'Its share', 'Function', 'File']
  return table(
    'Functions',
    columns.map((title, index) => ({ title, number: index < 4 })),
    h('tbody', {}, rows),
  )
}
