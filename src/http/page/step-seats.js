/** Step 3: which zone and how many. The reservation holds the seats for some minutes. */
import { say } from './announce.js'
import { call, serverNow } from './api.js'
import { button, field, h, whileBusy } from './dom.js'
import { clock, money, number, seats, showTime } from './format.js'
import { forgetPlace, passOf } from './session.js'
import { countDown, repeat } from './wait.js'

export const title = 'Choose your seats'

const AVAILABILITY_MS = 5000
const MAX_SEATS_AT_ONCE = 10
const passProblems = [
  'QUEUE_PASS_REQUIRED',
  'INVALID_QUEUE_PASS',
  'QUEUE_PASS_EXPIRED',
  'QUEUE_PASS_MISMATCH',
]

export async function enter({ body, problem, guarded, signal, go }, { event: known }) {
  const event = await call('GET', `/api/v1/events/${known.id}`, { signal })
  const kept = passOf(event.id)
  const zones = new Map(
    event.shows.flatMap((show) =>
      show.zones.map((zone) => [zone.id, { zone, free: h('span', {}), price: h('span', {}) }]),
    ),
  )
  const quantity = h('select', { name: 'quantity', id: 'quantity' }, quantities(event.max_tickets_per_user))
  const total = h('output', { class: 'total', for: 'quantity' })
  const submit = h('button', { type: 'submit', class: 'primary' }, 'Reserve')
  const form = h(
    'form',
    { class: 'stack', 'aria-label': 'Seats' },
    event.shows.map((show) => showChoice(show, zones)),
    field('How many', quantity),
    h('p', { class: 'sum' }, 'Total ', total),
    h(
      'div',
      { class: 'actions' },
      submit,
      button('Another event', () => go('event')),
    ),
  )
  body.append(h('p', { class: 'lead' }, event.name))
  if (kept) body.append(passTime(kept, signal))
  body.append(form)

  const chosen = () => zones.get(new FormData(form).get('zone'))?.zone
  const showTotal = () => {
    const zone = chosen()
    total.textContent = zone ? money(zone.price_minor * Number(quantity.value), zone.currency) : '–'
  }
  showZones(zones)
  showTotal()
  form.addEventListener('change', showTotal)
  void repeat(AVAILABILITY_MS, signal, async () => {
    await refresh(event.id, zones, signal)
    showTotal()
  })

  let attempt = null
  form.addEventListener('submit', (submitted) => {
    submitted.preventDefault()
    void whileBusy(form, () => guarded(reserve))
  })

  async function reserve() {
    const zone = chosen()
    const wanted = {
      event_id: event.id,
      zone_id: zone.id,
      quantity: Number(quantity.value),
      unit_price_minor: zone.price_minor,
      ...(kept && { queue_pass: kept.pass }),
    }
    // The same wish keeps its key, so pressing twice, or again after a lost answer, reserves once.
    const wish = JSON.stringify(wanted)
    if (attempt?.wish !== wish) attempt = { wish, key: randomKey() }
    try {
      const headers = { 'idempotency-key': attempt.key }
      const booking = await call('POST', '/api/v1/bookings/reserve', { body: wanted, headers, signal })
      forgetPlace(event.id)
      say(`${seats(booking.quantity)} held for you.`)
      await go('pay', { booking: { ...booking, id: booking.booking_id }, event })
    } catch (error) {
      if (error.code === 'PRICE_CHANGED') zone.price_minor = error.body.unit_price_minor ?? zone.price_minor
      await refresh(event.id, zones, signal)
      showTotal()
      if (passProblems.includes(error.code)) offerQueue()
      throw error
    }
  }

  function offerQueue() {
    forgetPlace(event.id)
    submit.replaceWith(button('Join the queue', () => go('queue', { event }), { class: 'primary' }))
    problem.element.scrollIntoView({ block: 'nearest' })
  }
}

function showChoice(show, zones) {
  return h(
    'fieldset',
    { class: 'choices' },
    h('legend', {}, show.name, h('span', { class: 'muted' }, ` ${show.venue} · ${showTime(show.starts_at)}`)),
    show.zones.map(({ id, name }) => {
      const { free, price } = zones.get(id)
      const radio = h('input', { type: 'radio', name: 'zone', value: id, required: true })
      return h(
        'label',
        { class: 'choice' },
        radio,
        h('span', { class: 'choice-name' }, name),
        h('span', { class: 'muted' }, free),
        h('span', { class: 'price' }, price),
      )
    }),
  )
}

function quantities(maxPerUser) {
  const most = Math.min(maxPerUser, MAX_SEATS_AT_ONCE)
  return Array.from({ length: most }, (_, i) =>
    h('option', { value: i + 1, selected: i === Math.min(1, most - 1) }, i + 1),
  )
}

function showZones(zones) {
  for (const { zone, free, price } of zones.values()) {
    price.textContent = money(zone.price_minor, zone.currency)
    free.textContent =
      zone.available === null ? '' : zone.available === 0 ? 'sold out' : `${number(zone.available)} free`
  }
}

async function refresh(eventId, zones, signal) {
  try {
    const { zones: now } = await call('GET', `/api/v1/events/${eventId}/availability`, { signal })
    for (const { zone_id, available, price_minor } of now) {
      const known = zones.get(zone_id)?.zone
      if (known) Object.assign(known, { available, price_minor })
    }
    showZones(zones)
  } catch {
    // The figures are a courtesy: reserving is what decides.
  }
}

function passTime({ expiresAt }, signal) {
  const left = h('span', { class: 'clock' })
  void countDown(Date.parse(expiresAt), serverNow, signal, (ms) => {
    left.textContent = clock(ms)
  })
  return h('p', { class: 'note' }, 'It is your turn. Your pass is good for ', left, ' more.')
}

function randomKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')
}
