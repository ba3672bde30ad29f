/**
 * Ten thousand reservations a second. k6 has as little to do as it can, because it takes its time from the same cores: nothing is read
 * of an answer but its status, and only reservations are sent.
 */
import exec from 'k6/execution'
import http from 'k6/http'
import type { Options } from 'k6/options'
import { steady } from '../lib/arrivals.ts'
import { counted, reserveObjective, shared } from '../lib/limits.ts'
import { expectReservations, reserveBody } from '../lib/requests.ts'
import { baseUrl, numberOf, sale, tokenOf } from '../lib/settings.ts'
import { mayBeDone } from '../lib/unanswered.ts'

const rate = numberOf('RATE', 10_000)
const seconds = numberOf('SECONDS', 300)

export const options: Options = {
  ...shared,
  discardResponseBodies: true,
  scenarios: { stress: steady('buy', rate, { seconds }) },
  thresholds: {
    ...reserveObjective,
    dropped_iterations: ['count==0'],
    iterations: [`count>=${Math.floor(rate * seconds * 0.99)}`],
    http_req_failed: ['rate<0.001'],
    ...counted('reserve'),
  },
}

expectReservations()

const url = `${baseUrl}/bookings/reserve`
const bodies = sale.zoneIds.map((zoneId) => reserveBody({ zoneId }))
const tags = { name: 'reserve' }

export function buy(): void {
  const turn = exec.scenario.iterationInTest
  const headers = { Authorization: `Bearer ${tokenOf(turn)}`, 'Content-Type': 'application/json' }
  mayBeDone('reserve', http.post(url, bodies[turn % bodies.length], { headers, tags }))
}
