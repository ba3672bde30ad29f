/** Two results compared: functions by the change of their share of own time, and a flame graph that is coloured by it. */
import { changeClass, diffFunctions, diffTree } from './diff.js'
import { button, h, panel, table } from './dom.js'
import { drawFlame } from './flame.js'
import { withoutIdle } from './functions.js'
import { swatch } from './result.js'
import { makeTabs } from './tabs.js'
import { percent, shortFile } from './units.js'

const ROWS = 60

export function makeDiffView() {
  const before = h('select', { name: 'before' })
  const after = h('select', { name: 'after' })
  const shown = h('div')
  const form = h(
    'div',
    { class: 'result-head' },
    h('label', { class: 'field' }, 'Before', before),
    h('label', { class: 'field' }, 'After', after),
    button('Compare', compare, { class: 'primary' }),
  )
  const hint = h(
    'p',
    { class: 'muted' },
    'Two profiles are needed: capture, change something, capture again.',
  )
  const element = panel('Compare two results', hint, form, shown)
  form.hidden = true
  let results = []

  function offer(next) {
    const chosen = [results[before.value], results[after.value]]
    results = next
    hint.hidden = results.length > 1
    form.hidden = results.length < 2
    const options = (selected) =>
      results.map(({ title }, index) => h('option', { value: index, selected: index === selected }, title))
    const keep = (result, other) => (results.includes(result) ? results.indexOf(result) : other)
    before.replaceChildren(...options(keep(chosen[0], 0)))
    after.replaceChildren(...options(results.length - 1))
  }

  function compare() {
    const one = withoutIdle(results[before.value].profile)
    const other = withoutIdle(results[after.value].profile)
    if (one.type !== other.type) {
      const text = `They show different things: ${one.type} and ${other.type}.`
      shown.replaceChildren(h('p', { class: 'problem', role: 'alert' }, text))
      return
    }
    shown.replaceChildren(
      makeTabs('Comparison', [
        ['Functions', () => changes(one, other)],
        ['Flame graph', () => changedFlame(one, other)],
      ]),
    )
  }

  return { element, offer }
}

function changes(before, after) {
  const rows = diffFunctions(before, after)
    .filter(({ change, totalChange }) => change !== 0 || totalChange !== 0)
    .slice(0, ROWS)
    .map((one) =>
      h(
        'tr',
        {},
        h('td', { class: `number ${one.change > 0 ? 'more' : 'less'}` }, points(one.change)),
        h('td', { class: 'number' }, percent(one.selfBefore)),
        h('td', { class: 'number' }, percent(one.selfAfter)),
        h('td', { class: 'number' }, points(one.totalChange)),
        h('td', { class: 'name' }, one.name),
        h('td', { class: 'name file', title: one.file }, one.file && `${shortFile(one.file)}:${one.line}`),
      ),
    )
  const columns = ['Change, points', 'Own before', 'Own after', 'With calls', 'Function', 'File']
  return table(
    'Changes',
    columns.map((title, index) => ({ title, number: index < 4 })),
    h('tbody', {}, rows),
  )
}

function changedFlame(before, after) {
  const element = h('div')
  drawFlame(element, diffTree(before, after), {
    unit: 'ratio',
    classOf: changeClass,
    describe: (node) =>
      `${percent(node.before)} before, ${percent(node.after)} after, own ${points(node.change)}`,
  })
  const key = [
    ['more-2', 'more own time'],
    ['less-2', 'less own time'],
  ].map(([name, text]) => h('span', {}, swatch(name), text))
  return h('div', {}, element, h('p', { class: 'key' }, key))
}

const points = (share) => `${share > 0 ? '+' : '−'}${Math.abs(share * 100).toFixed(1)}`
