/** One's own bookings, newest first, beside whatever step is on. */
import { call } from './api.js'
import { button, h, whileBusy } from './dom.js'
import { bookingStatus } from './event-text.js'
import { money, seats } from './format.js'
import { makeProblemBox } from './problems.js'
import { whatOf } from './what.js'

const MAX_SHOWN = 10

export function makeBookings(element, { go }) {
  const problem = makeProblemBox()
  const list = h('ul', { class: 'bookings' })
  const nothing = h('p', { class: 'muted' }, 'Nothing yet.')
  const events = new Map()
  element.append(problem.element, nothing, list)

  async function guarded(work) {
    problem.clear()
    try {
      await work()
    } catch (error) {
      problem.show(error)
    }
  }

  async function eventOf(eventId) {
    if (!events.has(eventId)) {
      const event = await call('GET', `/api/v1/events/${eventId}`).catch(() => null)
      if (event === null) return null
      events.set(eventId, event)
    }
    return events.get(eventId)
  }

  async function refresh() {
    const { items } = await call('GET', `/api/v1/bookings?limit=${MAX_SHOWN}`)
    const named = []
    for (const booking of items) named.push(row(booking, await eventOf(booking.event_id)))
    list.replaceChildren(...named)
    nothing.hidden = items.length > 0
  }

  function row(booking, event) {
    const what = whatOf(booking, event)
    return h(
      'li',
      { class: `booking ${booking.status}` },
      h('p', { class: 'booking-name' }, what.event),
      h(
        'p',
        { class: 'muted' },
        `${what.zone} · ${seats(booking.quantity)} · ${money(booking.total_price_minor, booking.currency)}`,
      ),
      h('p', {}, h('span', { class: 'tag' }, bookingStatus[booking.status] ?? booking.status)),
      action(booking, event, what),
    )
  }

  function action(booking, event, what) {
    const about = ` ${what.event}, ${what.zone}`
    const act = (text, work) => {
      const made = button(text, () => void whileBusy(made, () => guarded(work)), { class: 'small' })
      made.append(h('span', { class: 'visually-hidden' }, about))
      return made
    }
    const current = () => call('GET', `/api/v1/bookings/${booking.id}`)
    if (booking.status === 'reserved')
      return act('Pay', async () => go('pay', { booking: await current(), event }))
    if (booking.status !== 'confirmed') return null
    return h(
      'div',
      { class: 'actions' },
      act('Ticket', async () => go('ticket', { booking: await current(), event })),
      act('Refund', async () => {
        await call('POST', `/api/v1/bookings/${booking.id}/refund`)
        await refresh()
      }),
    )
  }

  return { refresh: () => guarded(refresh) }
}
