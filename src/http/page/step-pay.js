/** Step 4: pay while the seats are held, with a provider that does as it is told. */
import { say } from './announce.js'
import { ApiError, call, serverNow } from './api.js'
import { button, facts, h, whileBusy } from './dom.js'
import { clock, money, seats } from './format.js'
import { countDown, pause } from './wait.js'
import { whatOf } from './what.js'

export const title = 'Pay'

const POLL_MS = 1000
const outcomes = [
  ['succeed', 'It succeeds', 'The provider takes the money at once.'],
  ['decline', 'It is declined', 'The seats stay held, so you can try again.'],
  ['delayed', 'It takes a while', 'The provider answers later; this page waits for it.'],
]
/** When a screen reader is told how much time is left. */
const remindersMs = [300_000, 120_000, 60_000, 30_000, 10_000]

export async function enter({ heading, body, guarded, signal, go }, { booking, event }) {
  const path = `/api/v1/bookings/${booking.id}`
  const total = money(booking.total_price_minor, booking.currency)
  const left = h('span', { class: 'clock', role: 'timer', 'aria-label': 'Time left to pay' })
  const waiting = h(
    'p',
    { class: 'note', hidden: true },
    'The provider is taking its time. This page waits for it …',
  )
  const pay = h('button', { type: 'submit', class: 'primary' }, `Pay ${total}`)
  const giveBack = button('Give the seats back', () => void whileBusy(form, () => guarded(cancel)))
  const form = h(
    'form',
    { class: 'stack' },
    h(
      'fieldset',
      { class: 'choices' },
      h('legend', {}, 'What should the simulated provider do?'),
      outcomes.map(([value, name, means], i) =>
        h(
          'label',
          { class: 'choice' },
          h('input', { type: 'radio', name: 'simulate', value, checked: i === 0 }),
          h('span', { class: 'choice-name' }, name),
          h('span', { class: 'muted' }, means),
        ),
      ),
    ),
    waiting,
    h('div', { class: 'actions' }, pay, giveBack),
  )
  const what = whatOf(booking, event)
  body.append(
    h('p', { class: 'lead' }, what.event),
    facts(['Where', what.zone], ['Seats', seats(booking.quantity)], ['Total', total], ['Held for', left]),
    form,
  )
  form.addEventListener('submit', (submitted) => {
    submitted.preventDefault()
    void whileBusy(form, () => guarded(payNow))
  })

  let reminders = remindersMs.filter((ms) => ms < Date.parse(booking.expires_at) - serverNow())
  void countDown(Date.parse(booking.expires_at), serverNow, signal, (ms) => {
    left.textContent = clock(ms)
    left.classList.toggle('urgent', ms < 60_000)
    if (ms <= (reminders[0] ?? -1)) {
      reminders = reminders.slice(1)
      say(`${Math.round(ms / 1000)} seconds left to pay.`)
    }
    if (ms === 0 && form.isConnected) runOut()
  })

  function runOut() {
    if (form.getAttribute('aria-busy') === 'true') return
    form.remove()
    heading.textContent = 'The time is over'
    body.append(
      h('p', { role: 'alert' }, 'The seats were not paid in time and are on sale again.'),
      button('Start again', () => go('event'), { class: 'primary' }),
    )
  }

  async function payNow() {
    const { simulate } = Object.fromEntries(new FormData(form))
    const payment = await call('POST', '/api/v1/payments/intents', {
      body: { booking_id: booking.id, simulate },
      signal,
    })
    waiting.hidden = payment.status !== 'pending'
    if (payment.status === 'pending') say('The provider is taking its time.')
    try {
      await settle(payment)
    } finally {
      waiting.hidden = true
    }
  }

  /** Whoever confirms first, this page or the provider's webhook: the booking says it. */
  async function settle(payment) {
    for (let state = payment; ; ) {
      if (state.status === 'succeeded') return showTicket(await confirm(payment.payment_id))
      if (state.status === 'failed') throw new ApiError(402, 'PAYMENT_DECLINED', 'the payment was declined')
      await pause(POLL_MS, signal)
      const now = await call('GET', path, { signal })
      if (now.status === 'confirmed') return showTicket(now)
      if (now.status !== 'reserved') throw new ApiError(410, 'EXPIRED', 'the reservation is over')
      state = await call('GET', `/api/v1/payments/${payment.payment_id}`, { signal })
    }
  }

  async function confirm(paymentId) {
    try {
      await call('POST', `${path}/confirm`, { body: { payment_id: paymentId }, signal })
    } catch (error) {
      if (error.code !== 'ALREADY_CONFIRMED') throw error
    }
    return call('GET', path, { signal })
  }

  function showTicket(confirmed) {
    say('The seats are yours.')
    return go('ticket', { booking: confirmed, event })
  }

  async function cancel() {
    await call('DELETE', path, { signal })
    say('The seats were given back.')
    await go('event')
  }
}
