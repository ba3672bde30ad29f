/** Every zone's seats, as the seat store counts them, and whether the database agrees. */
import { call } from './api.js'
import { h } from './dom.js'
import { zonesOf } from './event-text.js'
import { number } from './format.js'

const SVG = 'http://www.w3.org/2000/svg'
const kinds = ['sold', 'held', 'available']

export function makeInventory(event, signal) {
  const rows = new Map(
    zonesOf(event).map(({ show, zone }) => [zone.id, makeRow(`${show.name}, ${zone.name}`)]),
  )
  const agreement = h('p', { class: 'muted' })
  const head = ['Zone', 'Capacity', 'Available', 'Held', 'Sold', 'Share']
  const element = h(
    'section',
    { class: 'card', 'aria-labelledby': 'inventory-title' },
    h('h3', { id: 'inventory-title' }, 'Seats'),
    h(
      'div',
      { class: 'scroll', tabindex: '0', role: 'region', 'aria-labelledby': 'inventory-title' },
      h(
        'table',
        {},
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            head.map((name) => h('th', { scope: 'col' }, name)),
          ),
        ),
        h(
          'tbody',
          {},
          [...rows.values()].map(({ element }) => element),
        ),
      ),
    ),
    h(
      'p',
      { class: 'legend', 'aria-hidden': 'true' },
      kinds.map((kind) => h('span', { class: `key ${kind}` }, kind)),
    ),
    agreement,
  )

  return {
    element,
    async refresh() {
      const { zones } = await call('GET', '/api/v1/admin/inventory-status', { view: 'admin', signal })
      const own = zones.filter(({ zone_id }) => rows.has(zone_id))
      for (const { zone_id, redis } of own) rows.get(zone_id).show(redis)
      const agrees = own.every(({ in_sync }) => in_sync)
      agreement.textContent = agrees
        ? '✓ Redis and PostgreSQL agree on every zone.'
        : 'PostgreSQL is a moment behind Redis: reservations are being written.'
    },
  }
}

function makeRow(name) {
  const cells = Object.fromEntries(
    ['capacity', 'available', 'held', 'sold'].map((kind) => [kind, h('td', {}, '–')]),
  )
  const bar = makeBar()
  return {
    element: h(
      'tr',
      {},
      h('th', { scope: 'row' }, name),
      Object.values(cells),
      h('td', { class: 'bar-cell' }, bar.element),
    ),
    show(count) {
      for (const [kind, cell] of Object.entries(cells)) cell.textContent = count ? number(count[kind]) : '–'
      if (count) bar.show(count)
    },
  }
}

/** The table's figures as a picture; whoever cannot see it has the figures. */
function makeBar() {
  const element = document.createElementNS(SVG, 'svg')
  element.setAttribute('viewBox', '0 0 100 8')
  element.setAttribute('preserveAspectRatio', 'none')
  element.setAttribute('class', 'bar')
  element.setAttribute('aria-hidden', 'true')
  const parts = kinds.map((kind) => {
    const part = document.createElementNS(SVG, 'rect')
    part.setAttribute('class', kind)
    part.setAttribute('height', '8')
    element.append(part)
    return part
  })
  return {
    element,
    show(count) {
      let x = 0
      for (const [i, kind] of kinds.entries()) {
        const width = count.capacity > 0 ? (100 * count[kind]) / count.capacity : 0
        parts[i].setAttribute('x', String(x))
        parts[i].setAttribute('width', String(width))
        x += width
      }
    },
  }
}
