/** A steady stream of reservations, one a request: the objective holds, minute after minute. */
import exec from 'k6/execution'
import type { Options } from 'k6/options'
import { steady } from '../lib/arrivals.ts'
import { counted, reserveObjective, shared } from '../lib/limits.ts'
import { reserve } from '../lib/requests.ts'
import { numberOf, tokenOf, zoneOf } from '../lib/settings.ts'

export const options: Options = {
  ...shared,
  scenarios: { sustained: steady('buy', numberOf('RATE', 5000), { seconds: numberOf('SECONDS', 300) }) },
  thresholds: { ...reserveObjective, http_req_failed: ['rate<0.001'], ...counted('reserve') },
}

export function buy(): void {
  const turn = exec.scenario.iterationInTest
  reserve(tokenOf(turn), { zoneId: zoneOf(turn) })
}
