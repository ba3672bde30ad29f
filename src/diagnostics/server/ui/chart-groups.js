/** The charts by group: those that every service has first, what belongs to Node's own families folded in. */
import { makeChart } from './chart.js'
import { h } from './dom.js'

const FIRST = 'Service'
const FOLDED = ['Node.js']

export function makeChartGroups() {
  const first = h('div', { class: 'charts' })
  const rest = h('div')
  const groups = new Map([[FIRST, first]])
  const charts = new Map()

  function groupOf(name) {
    if (!groups.has(name)) {
      const grid = h('div', { class: 'charts' })
      const isFolded = FOLDED.includes(name)
      const title = isFolded ? h('summary', {}, name) : h('h2', {}, name)
      rest.append(h(isFolded ? 'details' : 'section', { class: 'group', 'aria-label': name }, title, grid))
      groups.set(name, grid)
    }
    return groups.get(name)
  }

  return {
    first,
    rest,
    show(wanted, points, span) {
      for (const spec of wanted) {
        // Other series are another chart.
        const id = JSON.stringify([spec.id, spec.series])
        const known = charts.get(spec.id)
        if (known?.id !== id) {
          const chart = { id, ...makeChart(spec) }
          if (known) {
            known.element.replaceWith(chart.element)
            known.stop()
          } else groupOf(spec.group).append(chart.element)
          charts.set(spec.id, chart)
        }
        charts.get(spec.id).show(points, span)
      }
    },
  }
}
