/** Step 5: the ticket, with the code that lets one in. */
import { button, facts, h } from './dom.js'
import { money, seats } from './format.js'
import { whatOf } from './what.js'

export const title = 'Your ticket'

export async function enter({ body, go }, { booking, event }) {
  const what = whatOf(booking, event)
  const code = booking.confirmation_code
  body.append(
    h(
      'section',
      { class: 'ticket', 'aria-label': 'Ticket' },
      h(
        'div',
        { class: 'ticket-main' },
        h('p', { class: 'ticket-event' }, what.event),
        h('p', { class: 'muted' }, what.venue, h('br'), what.when),
        facts(
          ['Show', what.show],
          ['Zone', what.place],
          ['Seats', seats(booking.quantity)],
          ['Paid', money(booking.total_price_minor, booking.currency)],
        ),
      ),
      h(
        'div',
        { class: 'ticket-stub' },
        h('p', { class: 'caption' }, 'Confirmation code'),
        h('p', { class: 'code-big' }, code),
      ),
    ),
    h(
      'div',
      { class: 'actions' },
      button('Buy more', () => go('event'), { class: 'primary' }),
    ),
  )
}
