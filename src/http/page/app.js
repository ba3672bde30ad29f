/** Puts the page together: two views, the buyer's and the organizer's, chosen by the address's fragment. */
import { makeBookings } from './bookings.js'
import { makeFlow } from './flow.js'
import { makeIdentity } from './identity.js'
import { makeOrganizer } from './organizer.js'
import * as event from './step-event.js'
import * as pay from './step-pay.js'
import * as queue from './step-queue.js'
import * as seats from './step-seats.js'
import * as ticket from './step-ticket.js'

const at = (id) => document.getElementById(id)
const names = { tickets: 'Floodgate: buy tickets', organizer: 'Floodgate: organizer' }

const bookings = makeBookings(at('bookings'), { go: (name, given) => flow.go(name, given) })
const flow = makeFlow({
  stage: at('stage'),
  stepper: at('stepper'),
  steps: { event, queue, seats, pay, ticket },
  onStep: () => {
    if (customer.isKnown()) void bookings.refresh()
  },
})
let isFirst = true
const customer = makeIdentity(at('customer'), {
  view: 'customer',
  onChange: () => {
    const focus = !isFirst
    isFirst = false
    if (customer.isKnown()) return flow.go('event', {}, { focus })
  },
})
const organizer = makeOrganizer(at('event-desk'), { isKnown: () => admin.isKnown() })
const admin = makeIdentity(at('admin'), { view: 'admin', onChange: () => organizer.enter() })

let hasBegun = false
async function showView({ focus }) {
  const view = location.hash === '#organizer' ? 'organizer' : 'tickets'
  for (const name of Object.keys(names)) {
    at(name).hidden = name !== view
    const link = at(`to-${name}`)
    if (name === view) link.setAttribute('aria-current', 'page')
    else link.removeAttribute('aria-current')
  }
  document.title = names[view]
  if (focus) at(view).querySelector('h1').focus()
  if (view === 'organizer') return admin.begin()
  organizer.leave()
  if (hasBegun) return
  hasBegun = true
  await customer.begin()
}

addEventListener('hashchange', () => void showView({ focus: true }))
// The fragment chooses the view, so the link only moves the focus.
at('skip').addEventListener('click', (clicked) => {
  clicked.preventDefault()
  at('main').focus()
})
void showView({ focus: false })
