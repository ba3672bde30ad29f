/**
 * What the check of the dashboards needs of a run: every metric of k6 that a panel shows, dropped iterations among them. It
 * measures nothing.
 */
import { check } from 'k6'
import exec from 'k6/execution'
import { availability, cancel, confirm, field, reserve, startPayment } from '../lib/requests.ts'
import { numberOf, sale, textOf, tokens } from '../lib/settings.ts'

const duration = textOf('DURATION', '20s')

export const options = {
  scenarios: {
    buy: {
      executor: 'constant-arrival-rate',
      rate: numberOf('RATE', 20),
      timeUnit: '1s',
      duration,
      preAllocatedVUs: numberOf('USERS', 20),
      exec: 'buy',
    },
    /** Asks for more than its one user can do, so that iterations are dropped. */
    drop: {
      executor: 'constant-arrival-rate',
      rate: numberOf('RATE', 20) * 5,
      timeUnit: '1s',
      duration,
      preAllocatedVUs: 1,
      exec: 'browse',
    },
  },
}

export function buy(): void {
  const turn = exec.scenario.iterationInTest
  const token = tokens[turn % tokens.length] as string
  const held = reserve(token, sale)
  check(held, { 'a seat is held': ({ status }) => status === 201 })
  const bookingId = field(held, 'booking_id')
  if (bookingId === undefined) return
  if (turn % 3 === 0) {
    check(cancel(token, bookingId), { 'a hold is cancelled': ({ status }) => status === 200 })
    return
  }
  const paymentId = field(startPayment(token, bookingId), 'payment_id')
  if (paymentId === undefined) return
  check(confirm(token, bookingId, paymentId), { 'a booking is confirmed': ({ status }) => status === 200 })
}

export function browse(): void {
  check(availability(sale), { 'seats are shown': ({ status }) => status === 200 })
}
