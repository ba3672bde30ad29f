/** Open loops one after the other, each faster than the one before it: the last that kept the objective is the knee. */
import exec from 'k6/execution'
import type { Options } from 'k6/options'
import { steady } from '../lib/arrivals.ts'
import { counted, shared } from '../lib/limits.ts'
import { expectReservations, reserve } from '../lib/requests.ts'
import { numberOf, tokenOf, zoneOf } from '../lib/settings.ts'

const highest = numberOf('RATE', 5000)
const seconds = numberOf('SECONDS', 40)
const STEPS = 8
/** From one step to the next. */
const FACTOR = 1.5
const stepSeconds = seconds / STEPS

const rates = Array.from({ length: STEPS }, (_, step) => Math.round(highest / FACTOR ** (STEPS - 1 - step)))

export const options: Options = {
  ...shared,
  scenarios: Object.fromEntries(
    rates.map((rate, step) => [
      `at_${rate}`,
      { ...steady('ask', rate, { seconds: stepSeconds, from: step * stepSeconds }), gracefulStop: '3s' },
    ]),
  ),
  thresholds: {
    ...counted('reserve'),
    // Beyond the knee they do not hold, and that fails nothing: see loadtest/run/knee.ts.
    ...Object.fromEntries(
      rates.flatMap((rate) => [
        [`http_req_duration{scenario:at_${rate}}`, ['max>=0']],
        [`http_req_failed{scenario:at_${rate}}`, ['rate>=0']],
        [`dropped_iterations{scenario:at_${rate}}`, ['count>=0']],
      ]),
    ),
  },
}

expectReservations()

export function ask(): void {
  const turn = exec.scenario.iterationInTest
  reserve(tokenOf(turn), { zoneId: zoneOf(turn) })
}
