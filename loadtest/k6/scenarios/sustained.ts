/** A steady stream of reservations, one a request: the objective holds, minute after minute. */
import exec from 'k6/execution'
import type { Options } from 'k6/options'
import { steady } from '../lib/arrivals.ts'
import { almostNoneDropped, counted, reserveObjective, shared } from '../lib/limits.ts'
import { expectReservations, reserve } from '../lib/requests.ts'
import { numberOf, tokenOf, zoneOf } from '../lib/settings.ts'

const rate = numberOf('RATE', 5000)
const seconds = numberOf('SECONDS', 300)

export const options: Options = {
  ...shared,
  scenarios: { sustained: steady('buy', rate, { seconds }) },
  thresholds: {
    ...reserveObjective,
    ...almostNoneDropped(rate, seconds),
    http_req_failed: ['rate<0.001'],
    ...counted('reserve'),
  },
}

expectReservations()

export function buy(): void {
  const turn = exec.scenario.iterationInTest
  reserve(tokenOf(turn), { zoneId: zoneOf(turn) })
}
