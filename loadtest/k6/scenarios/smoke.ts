/** One person, the whole way, again and again: every answer is as the API promises. */
import { check, sleep } from 'k6'
import exec from 'k6/execution'
import type { Options } from 'k6/options'
import { pay } from '../lib/buy.ts'
import { counted, everyCheck, shared } from '../lib/limits.ts'
import * as api from '../lib/requests.ts'
import { numberOf, tokenOf, zoneOf } from '../lib/settings.ts'

export const options: Options = {
  ...shared,
  vus: 1,
  duration: `${numberOf('SECONDS', 30)}s`,
  thresholds: { ...everyCheck, ...counted('reserve', 'confirm', 'cancel') },
}

const POLL_SECONDS = 0.1
const POLLS = 100

export default function journey(): void {
  const turn = exec.scenario.iterationInTest
  const token = tokenOf(turn)
  for (const [what, answer] of [
    ['events', api.events()],
    ['the event', api.event()],
    ['seats', api.availability()],
    ['the queue', api.queueStatus()],
  ] as const)
    check(answer, { [`${what} are shown`]: ({ status }) => status === 200 })

  const pass = passOf(token)
  const wish = { zoneId: zoneOf(turn), key: `smoke-${turn}`, ...(pass ? { pass } : {}) }
  const held = api.reserve(token, wish)
  check(held, { 'a seat is held': ({ status }) => status === 201 })
  const bookingId = api.field(held, 'booking_id')
  if (bookingId === undefined) return
  const again = api.reserve(token, { ...wish, name: 'reserve-again' })
  check(again, {
    'a repeated request has the same answer': (answer) =>
      answer.status === 201 &&
      api.field(answer, 'booking_id') === bookingId &&
      answer.headers['Idempotent-Replayed'] === 'true',
  })
  check(api.booking(token, bookingId), {
    'a booking is there at once': (answer) => api.field(answer, 'status') === 'reserved',
  })
  if (turn % 4 === 3) {
    check(api.cancel(token, bookingId), { 'a hold is given back': ({ status }) => status === 200 })
  } else {
    check(pay(token, bookingId) ?? null, {
      'a ticket has its code': (answer) => answer !== null && !!api.field(answer, 'confirmation_code'),
    })
  }
  check(api.bookings(token), {
    'the booking is in the list': (answer) => `${answer.body}`.includes(bookingId),
  })
}

/** Through the queue, as everybody has to. */
function passOf(token: string): string | undefined {
  let answer = api.joinQueue(token)
  check(answer, { 'the queue is joined': ({ status }) => status === 201 })
  for (let poll = 0; poll < POLLS && !api.field(answer, 'queue_pass'); poll++) {
    sleep(POLL_SECONDS)
    answer = api.position(token)
  }
  check(answer, { 'a pass is got': (last) => !!api.field(last, 'queue_pass') })
  return api.field(answer, 'queue_pass')
}
