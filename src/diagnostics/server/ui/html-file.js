/** The script of the HTML file that a profile can be taken as: a flame graph and the functions, of the data in the file. */
import { drawFlame } from './flame.js'
import { treeOf } from './flame-tree.js'
import { functionsOf, withoutIdle } from './functions.js'
import { inWords, percent, shortFile } from './units.js'

const ROWS = 60

const profile = withoutIdle(JSON.parse(document.getElementById('profile').textContent))
const main = document.getElementById('main')
const make = (tag, text = '') => {
  const element = document.createElement(tag)
  element.textContent = text
  return element
}

const { functions, sum } = functionsOf(profile)
const taken = new Date(profile.startedMs).toISOString().replace('T', ' ').slice(0, 19)
const heading = make('h1', `${document.title}: ${profile.type}`)
const about = make(
  'p',
  `${inWords(sum, profile.unit)} in ${inWords(profile.durationMs / 1000, 's')}, from ${taken} UTC`,
)
const flame = make('div')
const table = make('table')
const head = make('tr')
for (const title of ['Own', '', 'With calls', '', 'Function', 'File']) head.append(make('th', title))
table.append(head)
for (const one of functions.slice(0, ROWS)) {
  const row = make('tr')
  const cells = [
    inWords(one.self, profile.unit),
    percent(one.self / sum),
    inWords(one.total, profile.unit),
    percent(one.total / sum),
    one.name,
    one.file && `${shortFile(one.file)}:${one.line}`,
  ]
  for (const text of cells) row.append(make('td', text))
  table.append(row)
}
main.append(heading, about, flame, table)
drawFlame(flame, treeOf(profile), { unit: profile.unit })
