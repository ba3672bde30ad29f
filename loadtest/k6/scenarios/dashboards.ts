/**
 * What the check of the dashboards needs of a run: every metric of k6 that a panel shows, dropped iterations among them. It
 * measures nothing.
 */
import { check } from 'k6'
import exec from 'k6/execution'
import { hold, pay } from '../lib/buy.ts'
import { availability, cancel } from '../lib/requests.ts'
import { numberOf, tokenOf, zoneOf } from '../lib/settings.ts'

const rate = numberOf('RATE', 20)
const duration = `${numberOf('SECONDS', 20)}s`

export const options = {
  scenarios: {
    buy: {
      executor: 'constant-arrival-rate',
      rate,
      timeUnit: '1s',
      duration,
      preAllocatedVUs: numberOf('USERS', 20),
      exec: 'buy',
    },
    /** Asks for more than its one user can do, so that iterations are dropped. */
    drop: {
      executor: 'constant-arrival-rate',
      rate: rate * 5,
      timeUnit: '1s',
      duration,
      preAllocatedVUs: 1,
      exec: 'browse',
    },
  },
}

export function buy(): void {
  const turn = exec.scenario.iterationInTest
  const token = tokenOf(turn)
  const bookingId = hold(token, { zoneId: zoneOf(turn) })
  if (bookingId === undefined) return
  if (turn % 3 === 0)
    check(cancel(token, bookingId), { 'a hold is cancelled': ({ status }) => status === 200 })
  else pay(token, bookingId)
}

export function browse(): void {
  check(availability(), { 'seats are shown': ({ status }) => status === 200 })
}
