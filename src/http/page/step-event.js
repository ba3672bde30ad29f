/** Step 1: which event. */
import { call } from './api.js'
import { button, h } from './dom.js'
import { freeSeats, saleState, zonesOf } from './event-text.js'
import { money, number, showTime } from './format.js'
import { passOf } from './session.js'

export const title = 'Pick an event'

export async function enter({ body, guarded, signal, go }) {
  const list = h('ul', { class: 'events' })
  const more = button('Show more events', () => guarded(() => load(more.dataset.cursor)), { hidden: true })
  body.append(list, more)

  async function load(cursor) {
    const page = await call('GET', `/api/v1/events?limit=20${cursor ? `&cursor=${cursor}` : ''}`, { signal })
    list.append(...page.items.map((event) => h('li', {}, card(event, go))))
    if (list.children.length === 0) {
      body.replaceChildren(
        h('p', {}, 'There is no event yet. ', h('code', {}, 'npm run seed'), ' makes some.'),
      )
    }
    more.dataset.cursor = page.next_cursor ?? ''
    more.hidden = page.next_cursor === null
  }
  await load(null)
}

function card(event, go) {
  const prices = zonesOf(event).map(({ zone }) => zone)
  const cheapest = prices.reduce((low, zone) => (zone.price_minor < low.price_minor ? zone : low), prices[0])
  const free = freeSeats(event)
  const id = `event-${event.id}`
  const venues = [...new Set(event.shows.map(({ venue }) => venue))].join(', ')
  const first = event.shows[0]
  return h(
    'article',
    { class: 'event', 'aria-labelledby': id },
    h('h3', { id }, event.name),
    h('p', { class: 'muted' }, [venues, first && showTime(first.starts_at)].filter(Boolean).join(' · ')),
    h(
      'p',
      { class: 'tags' },
      h('span', { class: 'tag' }, saleState(event)),
      cheapest && h('span', { class: 'tag' }, `from ${money(cheapest.price_minor, cheapest.currency)}`),
      free !== null && h('span', { class: 'tag' }, free === 0 ? 'Sold out' : `${number(free)} seats free`),
    ),
    event.status === 'on_sale' &&
      button(event.queue_required ? 'Join the queue' : 'Choose seats', () => choose(event, go), {
        class: 'primary',
        'aria-describedby': id,
      }),
  )
}

function choose(event, go) {
  const kept = passOf(event.id)
  const holdsPass = kept !== null && Date.parse(kept.expiresAt) > Date.now()
  return go(event.queue_required && !holdsPass ? 'queue' : 'seats', { event })
}
