/** Routes and processes. Rows keep their place for a while, so that one can read them. */
import { h, panel, setText, table } from './dom.js'
import { inWords } from './units.js'

const REORDER_MS = 15_000

/** A table whose rows are known by a key; a cell is only touched when its text changes. */
function makeRows(label, columns) {
  const body = h('tbody')
  const rows = new Map()
  let orderedMs = 0
  return {
    element: table(label, columns, body),
    show(items, keyOf) {
      for (const [key, row] of rows) {
        if (items.some((item) => keyOf(item) === key)) continue
        row.element.remove()
        rows.delete(key)
      }
      for (const item of items) {
        const key = keyOf(item)
        let row = rows.get(key)
        if (!row) {
          const cells = columns.map(({ number }) => h('td', { class: number ? 'number' : 'name' }))
          row = { cells, element: h('tr', {}, cells) }
          rows.set(key, row)
          body.append(row.element)
        }
        columns.forEach(({ text }, index) => {
          setText(row.cells[index], text(item))
        })
      }
      if (performance.now() - orderedMs < REORDER_MS) return
      orderedMs = performance.now()
      body.append(...items.map((item) => rows.get(keyOf(item)).element))
    },
  }
}

export function makeRouteTable() {
  const rows = makeRows('Routes', [
    { title: 'Route', text: ({ method, route }) => `${method} ${route}`.trim() || '(all)' },
    { title: 'Rate', number: true, text: ({ rate }) => inWords(rate, '/s') },
    { title: 'Errors', number: true, text: ({ errors }) => inWords(errors, '/s') },
    { title: 'p50', number: true, text: ({ p50 }) => inWords(p50, 's') },
    { title: 'p95', number: true, text: ({ p95 }) => inWords(p95, 's') },
    { title: 'p99', number: true, text: ({ p99 }) => inWords(p99, 's') },
  ])
  const nothing = h('p', { class: 'muted' }, 'No requests have been seen yet.')
  return {
    element: panel('Routes', nothing, rows.element),
    show(routes) {
      nothing.hidden = routes.length > 0
      rows.element.hidden = routes.length === 0
      rows.show(routes, ({ method, route }) => `${method} ${route}`)
    },
  }
}

export function makeFlightTable() {
  const rows = makeRows('In flight', [
    { title: 'What', text: ({ kind, name }) => `${kind} ${name}` },
    { title: 'Now', number: true, text: ({ count }) => count.toLocaleString('en-GB') },
    { title: 'The oldest for', number: true, text: ({ oldestMs }) => inWords(oldestMs / 1000, 's') },
  ])
  const nothing = h('p', { class: 'muted' }, 'Nothing is under way.')
  return {
    element: panel('In flight', nothing, rows.element),
    show(underway) {
      nothing.hidden = underway.length > 0
      rows.element.hidden = underway.length === 0
      rows.show(underway, ({ kind, name }) => `${kind} ${name}`)
    },
  }
}

export function makeProcessTable() {
  const rows = makeRows('Processes', [
    { title: 'Process', text: ({ worker }) => (worker === 0 ? 'main' : `worker ${worker}`) },
    { title: 'pid', number: true, text: ({ pid }) => String(pid) },
    { title: 'Up', number: true, text: ({ uptimeSeconds }) => inWords(Math.floor(uptimeSeconds), 's') },
    { title: 'CPU', number: true, text: ({ cpu }) => inWords(cpu, 'ratio') },
    { title: 'Loop busy', number: true, text: ({ utilization }) => inWords(utilization, 'ratio') },
    { title: 'Delay p99', number: true, text: ({ delayP99 }) => inWords(delayP99, 's') },
    { title: 'Heap used', number: true, text: ({ heapUsedBytes }) => inWords(heapUsedBytes, 'B') },
    { title: 'Heap limit', number: true, text: ({ heapLimitBytes }) => inWords(heapLimitBytes, 'B') },
    { title: 'RSS', number: true, text: ({ rssBytes }) => inWords(rssBytes, 'B') },
    { title: 'This page costs', number: true, text: ({ costMs }) => `${inWords(costMs / 1000, 's')}/s` },
  ])
  return {
    element: panel('Processes', rows.element),
    show: (processes) => rows.show(processes, ({ worker }) => String(worker)),
  }
}
